"""Jobs that start at once: one warm parent has imported everything and forks a process for each local job.

Importing PyTorch costs a job 1.7 CPU seconds or more, a fork a few hundredths. A job's command is the same with and
without: `python -m carryover …` asks the parent that the variable CARRYOVER_WARM names, and runs plainly where there is
none. Nothing of what a job does changes. Set to nothing (`CARRYOVER_WARM= snakemake …`), no parent is started.
"""

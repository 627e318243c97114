"""Fast starts of local jobs. One warm parent has imported everything, and forks a process for each job.

A job needs at least 1.7 CPU seconds to import PyTorch, and a few hundredths of a second to be forked. The command of a
job stays the same: `python -m carryover …` asks the parent that the variable CARRYOVER_WARM names. Without a parent it
runs the command in its own process. The job itself does the same in both cases. To start no parent, set the variable to
nothing: `CARRYOVER_WARM= snakemake …`.
"""

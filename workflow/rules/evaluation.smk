# Evaluation: one job for each run, on all splits of all suites that any study asks for. It computes on the CPU. So it never
# takes a GPU from training, and gives the same numbers on machines with and without a GPU.
rule evaluate:
    input:
        run=evaluated_run,
        data=evaluated_files,
    output:
        multiext(
            f"{RESULTS}/evaluations/{{evaluation}}/",
            "examples.parquet",
            "metrics.parquet",
            "overlap.parquet",
            "cost.json",
        ),
    log:
        f"{LOGS}/evaluate/{{evaluation}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * evaluation_need(wildcards.evaluation).megabytes,
        runtime=lambda wildcards, attempt: attempt * evaluation_need(wildcards.evaluation).minutes,
        gpu=0,
    params:
        carryover=carryover_command,
        run=lambda wildcards: f"{RESULTS}/runs/{evaluation_of(wildcards).run}",
        splits=evaluated_splits,
        datasets=f"{RESULTS}/datasets",
        trained_on=trained_on,
        folder=f"{RESULTS}/evaluations/{{evaluation}}",
        code=evaluation_code,
    shell:
        "{params.carryover} evaluate {params.run:q} - {params.folder:q} --datasets {params.datasets:q}"
        " --trained-on {params.trained_on} --log {log:q} <<< {params.splits:q}"

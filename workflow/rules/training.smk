# Training: one job for each run. Its saved states are in state/, which Snakemake does not delete when a job fails.
rule train:
    input:
        training_files,
    output:
        multiext(f"{RESULTS}/runs/{{run}}/", "model.safetensors", "history.parquet", "run.json", "cost.json"),
    log:
        f"{LOGS}/train/{{run}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * training_need(wildcards.run).megabytes,
        runtime=lambda wildcards, attempt: attempt * training_need(wildcards.run).minutes,
        gpu=lambda wildcards: 1 if training_gpus() else 0,
        device=CONFIG.root.device,
        slots=CONFIG.root.jobs_per_gpu,
    params:
        carryover=carryover_command,
        settings=training_settings,
        dataset=lambda wildcards: f"{RESULTS}/datasets/{run_of(wildcards).dataset}",
        folder=f"{RESULTS}/runs/{{run}}",
        state=f"{RESULTS}/state/{{run}}",
        code=training_code,
    shell:
        "{params.carryover} train-run - {params.dataset:q} {params.folder:q} --state {params.state:q} --code {params.code}"
        " --device {resources.device} --jobs-per-gpu {resources.slots} --log {log:q} <<< {params.settings:q}"

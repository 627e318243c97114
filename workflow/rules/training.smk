# Training: one job a run. What it saves on the way lies in state/, which Snakemake does not delete when a job fails.
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
        gpu=1 if GPUS else 0,
        device=CONFIG.root.device,
        slots=CONFIG.root.jobs_per_gpu,
    params:
        settings=lambda wildcards: canonical_json(run_of(wildcards).settings.canonical()),
        dataset=lambda wildcards: f"{RESULTS}/datasets/{run_of(wildcards).dataset}",
        folder=f"{RESULTS}/runs/{{run}}",
        state=f"{RESULTS}/state/{{run}}",
        code=lambda wildcards: fingerprint.train(run_of(wildcards).settings),
    shell:
        "log_to {log:q}; "
        "exec python -m carryover train-run {params.settings:q} {params.dataset:q} {params.folder:q} --state {params.state:q}"
        " --device {resources.device} --jobs-per-gpu {resources.slots} --code {params.code}"

# Datasets: seeded draws from their distributions, as Parquet.
rule generate:
    output:
        multiext(
            f"{RESULTS}/datasets/{{dataset}}/",
            "train.parquet",
            "validation.parquet",
            "test.parquet",
            "dataset.json",
        ),
    log:
        f"{LOGS}/generate/{{dataset}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * generation_need(wildcards.dataset).megabytes,
        runtime=lambda wildcards, attempt: attempt * generation_need(wildcards.dataset).minutes,
        gpu=0,
        sources=CONFIG.root.data,
        places=lambda wildcards: canonical_json(places(PLAN.datasets[wildcards.dataset])),
    params:
        settings=lambda wildcards: canonical_json(PLAN.datasets[wildcards.dataset].canonical()),
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=lambda wildcards: fingerprint.generate(PLAN.datasets[wildcards.dataset].task),
    shell:
        "log_to {log:q}; "
        "exec python -m carryover generate {params.settings:q} {params.folder:q} --data {resources.sources:q}"
        " --places {resources.places:q}"

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
        mem_mb=1500,
        runtime=60,
        gpu=0,
    params:
        settings=lambda wildcards: canonical_json(recipe(PLAN.datasets[wildcards.dataset])),
        folder=f"{RESULTS}/datasets/{{dataset}}",
        data=CONFIG.root.data,
        code=lambda wildcards: fingerprint.generate(PLAN.datasets[wildcards.dataset].task),
    shell:
        "python -m carryover generate {params.settings:q} {params.folder:q} --data {params.data:q} > {log:q} 2>&1"

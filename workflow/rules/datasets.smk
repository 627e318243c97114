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
        attempt=lambda wildcards, attempt: attempt,
        sources=CONFIG.root.data,
    params:
        settings=lambda wildcards: canonical_json(recipe(PLAN.datasets[wildcards.dataset])),
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=lambda wildcards: fingerprint.generate(PLAN.datasets[wildcards.dataset].task),
    shell:
        "exec > {log:q} 2>&1; ln -f {log:q} {log:q}.attempt-{resources.attempt} || true; "
        "exec python -m carryover generate {params.settings:q} {params.folder:q} --data {resources.sources:q}"

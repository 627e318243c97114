# Datasets: seeded draws from their distributions, as Parquet; large splits are drawn in shards, one job each.
rule generate_shard:
    output:
        temp(f"{RESULTS}/datasets/{{dataset}}/{{split}}-{{start}}-{{stop}}.parquet"),
    log:
        f"{LOGS}/generate_shard/{{dataset}}/{{split}}-{{start}}-{{stop}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * shard_need(wildcards).megabytes,
        runtime=lambda wildcards, attempt: attempt * shard_need(wildcards).minutes,
        gpu=0,
    params:
        settings=lambda wildcards: canonical_json(PLAN.datasets[wildcards.dataset].settings.canonical()),
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=lambda wildcards: fingerprint.generate(PLAN.datasets[wildcards.dataset].settings.task),
    shell:
        "log_to {log:q}; exec python -m carryover generate-shard"
        " {params.settings:q} {params.folder:q} {wildcards.split} {wildcards.start} {wildcards.stop}"


rule generate:
    input:
        shard_files,
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
        places=lambda wildcards: canonical_json(places(PLAN.datasets[wildcards.dataset].settings)),
        shard_rows=lambda wildcards: shard_rows(wildcards.dataset),
    params:
        settings=lambda wildcards: canonical_json(PLAN.datasets[wildcards.dataset].settings.canonical()),
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=lambda wildcards: fingerprint.generate(PLAN.datasets[wildcards.dataset].settings.task),
    shell:
        "log_to {log:q}; "
        "exec python -m carryover generate {params.settings:q} {params.folder:q} --data {resources.sources:q}"
        " --places {resources.places:q} --shard-rows {resources.shard_rows}"

# Datasets: seeded draws from their distributions, as Parquet. Large splits are drawn in shards, one job for each shard.
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
        carryover=carryover_command,
        settings=dataset_settings,
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=dataset_code,
    shell:
        "{params.carryover} generate-shard - {params.folder:q} {wildcards.split} {wildcards.start} {wildcards.stop}"
        " --log {log:q} <<< {params.settings:q}"


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
        places=dataset_places,
        shard_rows=lambda wildcards: shard_rows(wildcards.dataset),
    params:
        carryover=carryover_command,
        settings=dataset_settings,
        folder=f"{RESULTS}/datasets/{{dataset}}",
        code=dataset_code,
    shell:
        "{params.carryover} generate - {params.folder:q} --data {resources.sources:q} --places {resources.places:q}"
        " --shard-rows {resources.shard_rows} --log {log:q} <<< {params.settings:q}"

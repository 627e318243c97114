# Evaluation: one job a run, on all the splits of all the suites that any study asks of it.
def evaluation_of(wildcards):
    return PLAN.evaluations[wildcards.evaluation]


def evaluated_run(wildcards):
    run = evaluation_of(wildcards).run
    return multiext(f"{RESULTS}/runs/{run}/", "model.safetensors", "run.json")


def evaluated_files(wildcards):
    evaluation = evaluation_of(wildcards)
    trained_on = PLAN.runs[evaluation.run].dataset
    tests = dict.fromkeys(f"{RESULTS}/datasets/{s.dataset}/{s.dataset_split}.parquet" for s in evaluation.splits)
    return [f"{RESULTS}/datasets/{trained_on}/train.parquet", *tests]


def evaluated_splits(wildcards):
    return canonical_json([vars(split) for split in evaluation_of(wildcards).splits])


def evaluation_code(wildcards):
    settings = PLAN.runs[evaluation_of(wildcards).run].settings
    return fingerprint.evaluate(settings.dataset.task, settings.model.kind)


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
    params:
        run=subpath(input.run[0], parent=True),
        splits=evaluated_splits,
        datasets=f"{RESULTS}/datasets",
        trained_on=lambda wildcards: PLAN.runs[evaluation_of(wildcards).run].dataset,
        folder=subpath(output[0], parent=True),
        device=CONFIG.root.device,
        code=evaluation_code,
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        gpu=0,
    shell:
        "{COMMAND} evaluate {params.run:q} {params.splits:q} {params.folder:q} --datasets {params.datasets:q}"
        " --trained-on {params.trained_on} --device {params.device} > {log:q} 2>&1"

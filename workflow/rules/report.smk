# The report: tables over everything in the plan, then figures and the page.
EVALUATED = [
    f"{RESULTS}/evaluations/{key}/{name}"
    for key in PLAN.evaluations
    for name in ("metrics.parquet", "cost.json")
]
TRAINED = [
    f"{RESULTS}/runs/{key}/{name}"
    for key in PLAN.runs
    for name in ("run.json", "history.parquet", "cost.json")
]
CHECKPOINTS = [f"{RESULTS}/runs/{key}/model.safetensors" for key in PLAN.runs]
PLAN_DIGEST = content_hash(PLAN.data())


rule aggregate:
    input:
        EVALUATED,
        TRAINED,
    output:
        report(
            directory(f"{REPORT}/tables"),
            patterns=["{table}.csv"],
            category="Tables",
            labels={"table": "{table}"},
            caption="../report/table.rst",
        ),
    log:
        f"{LOGS}/aggregate/{PLAN.name}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 3000,
        runtime=lambda wildcards, attempt: attempt * 60,
        gpu=0,
    params:
        report=subpath(output[0], parent=True),
        plan=PLAN_DIGEST,
        code=fingerprint.report(),
    shell:
        "log_to {log:q}; exec python -m carryover aggregate {params.report:q}"


rule render:
    input:
        rules.aggregate.output,
    output:
        page=f"{REPORT}/index.html",
        figures=report(
            directory(f"{REPORT}/figures"),
            patterns=["{study}-{figure,[a-z]+}.svg"],
            category="Figures",
            subcategory="{study}",
            labels={"study": "{study}", "figure": "{figure}"},
            caption="../report/figure.rst",
        ),
        provenance=f"{REPORT}/provenance.json",
    log:
        f"{LOGS}/render/{PLAN.name}.log",
    conda:
        ENVIRONMENT
    threads: 2
    resources:
        mem_mb=lambda wildcards, attempt: attempt * 3000,
        runtime=lambda wildcards, attempt: attempt * 60,
        gpu=0,
    params:
        report=subpath(output[0], parent=True),
        plan=PLAN_DIGEST,
        code=fingerprint.report(),
    shell:
        "log_to {log:q}; exec python -m carryover render {params.report:q} --cores {threads}"

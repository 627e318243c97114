# The report: tables of everything in the plan, then figures and the page.
EVALUATED = [
    file
    for folder in (f"{RESULTS}/evaluations/{key}" for key in PLAN.evaluations)
    for file in (f"{folder}/cost.json", ancient(f"{folder}/metrics.parquet"))
]
TRAINED = [
    file
    for folder in (f"{RESULTS}/runs/{key}" for key in PLAN.runs)
    for file in (f"{folder}/run.json", f"{folder}/cost.json", ancient(f"{folder}/history.parquet"))
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
        carryover=carryover_command,
        report=subpath(output[0], parent=True),
        plan=PLAN_DIGEST,
        code=fingerprint.report(),
    shell:
        "{params.carryover} aggregate {params.report:q} --log {log:q}"


rule render:
    input:
        rules.aggregate.output,
    output:
        page=f"{REPORT}/index.html",
        studies=directory(f"{REPORT}/studies"),
        figures=report(
            directory(f"{REPORT}/figures"),
            patterns=["{study}-{figure,[a-z]+}.svg"],
            category="Figures",
            subcategory="{study}",
            labels={"study": "{study}", "figure": "{figure}"},
            caption="../report/figure.rst",
        ),
        provenance=f"{REPORT}/provenance.json",
        failed=f"{REPORT}/failed.json",
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
        carryover=carryover_command,
        report=subpath(output[0], parent=True),
        plan=PLAN_DIGEST,
        code=fingerprint.report(),
    shell:
        "{params.carryover} render {params.report:q} --cores {threads} --log {log:q}"


# Snakemake removes what a failed job made. So `render` ends well wherever it can write the page, and this rule fails.
rule check:
    input:
        rules.render.output.page,
        failed=rules.render.output.failed,
    output:
        touch(f"{REPORT}/complete"),
    log:
        f"{LOGS}/check/{PLAN.name}.log",
    localrule: True
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
        gpu=0,
    params:
        carryover=carryover_command,
        report=subpath(input.failed, parent=True),
        tracebacks=rules.render.log[0],
    shell:
        "{params.carryover} check {params.report:q} --tracebacks {params.tracebacks:q} --log {log:q}"

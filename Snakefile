# Carryover: config → plan → datasets → one training a run → evaluation of every checkpoint → tables → report.
# `snakemake --cores all` makes the report of config/config.yaml; `--configfile config/full.yaml` lays another scale over it.


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        f"{REPORT}/index.html",
        # Named too, because Snakemake does not miss a deleted file while what was made from it is there.
        CHECKPOINTS,
    localrule: True


onsuccess:
    print(f"report: {Path(REPORT).resolve() / 'index.html'}", file=sys.stderr)

# The workflow is in workflow/Snakefile. This file lets `snakemake` find profiles/default, in a clone and with `-s`.
include: "workflow/Snakefile"


# Snakemake ignores the default target of an included file, so it is given here again.
rule default:
    default_target: True
    input:
        rules.all.input,
    localrule: True

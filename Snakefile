# The workflow is in workflow/Snakefile. Through this file `snakemake` finds profiles/default, from a clone and with `-s`.
include: "workflow/Snakefile"


# What an included file would make by default does not count.
rule default:
    default_target: True
    input:
        rules.all.input,
    localrule: True

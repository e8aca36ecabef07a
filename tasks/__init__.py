"""How a step works: extract, validate, transform, plan, load, report, and the systems they touch."""

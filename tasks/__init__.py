"""How a step works: extract, validate, transform, plan, load, report; and what they touch."""

package match

func (r *run) explain(c *candidate, qu *Query) Explanation { return Explanation{} }

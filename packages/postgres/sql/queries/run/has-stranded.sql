-- has-stranded: whether there are runs that nobody drives any more. Returns one row where there are.
select 1 as found
-- include stranded
limit 1

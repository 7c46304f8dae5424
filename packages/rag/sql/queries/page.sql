-- page: the text of one page. $1 collection id, $2 source, $3 number.
select body from millrace.page where collection = $1 and source = $2 and number = $3

-- completed: the latest completed run of an instance. $1 definition, $2 instance, $3 tenant.
select r.id::text from millrace.run r
where r.definition = $1 and r.instance = $2 and r.tenant = $3 and r.state = 'completed'
order by r.id desc limit 1

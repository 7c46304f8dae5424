-- abandon: marks an active run whose coordinator was given up as failed. $1 run.
update millrace.run
set state = 'failed', finished_at = millrace.store_now(),
  error = '{"class":"crashed","message":"the run''s coordinator was given up"}'
where id = $1::uuid

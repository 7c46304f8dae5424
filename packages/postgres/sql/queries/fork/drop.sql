-- drop: gives up the forks of ended jobs. $1 ids uuid[]. Runs after the statement that ended them, in its transaction:
-- its snapshot sees every fork that a holder's save had grown meanwhile.
delete from millrace.fork f where f.parent = any($1::uuid[])

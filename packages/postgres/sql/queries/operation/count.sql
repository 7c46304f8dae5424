-- count: how many of the next candidates an operation would be for. $1 … $11 as `candidates` and `meant` say.
-- Returns members, up to which id jobs were looked at and whether none are left.
with
-- include candidates
,
-- include meant
select r.reached::text, r.ended, r.members::integer from r

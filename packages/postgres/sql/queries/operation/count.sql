-- count: how many of the next candidates an operation would be for. $1 … $11 as `selected` says. Returns members, up to
-- which id jobs were looked at and whether none are left.
with
-- include selected
select r.reached::text, r.ended, r.members::integer from r

-- 0017-run-version: which version of its definition a run was started with. Null where that has none, and in runs that an
-- earlier version of millrace opened.

alter table millrace.run add column version text;

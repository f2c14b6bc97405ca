-- Columns that the views of `rm` get at their end: where in its stream a note lies, and who took a message's words away.
-- Rows of an older version of the projection know neither; a rebuild fills them in.
do $$
declare
  v_view   text;
  v_column text;
begin
  for v_view, v_column in values
    ('note', 'null::bigint as seq'), ('message', 'null::text as redacted_by, null::timestamptz as redacted_at')
  loop
    execute format('create or replace view rm.%I as select v.*, %s from (%s) v', v_view, v_column, rtrim(pg_get_viewdef(format('rm.%I', v_view)::regclass), ';'));
  end loop;
end
$$;

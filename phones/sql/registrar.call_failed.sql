-- Forget a call that nobody answered.
CREATE OR REPLACE FUNCTION registrar.call_failed(which text) RETURNS void LANGUAGE sql AS $$
    DELETE FROM registrar.call WHERE handle = which AND (callee).tag = ''
$$;

/// The tables, as a row of named migrations. One that was released is never edited: a change is a new one.
///
/// Columns and contents are those of the SQLite journal, and each table that belongs to a vault has its key besides, as
/// `shard`. JSON columns are `text` and not `jsonb`: their checksum is one of bytes. Times are milliseconds since 1970,
/// but for those by the server's clock, which have its type.
///
/// Locks are taken in one order, so that no two commits wait for each other: the shard's row, its own rows, and the
/// counter of events last.
enum PostgresSchema {
  static let migrationTable = """
    CREATE TABLE IF NOT EXISTS migration (
      name text NOT NULL PRIMARY KEY,
      applied_at timestamptz NOT NULL
    );
    """

  private static let migrations = [
    ("0001-items-machines-heals-events", items + events),
    ("0002-baselines", baselines),
    ("0003-brakes-orders", brakes),
    ("0004-alerts-failovers", alerts),
    (withIdentity, sinks),
    ("0006-shards", shards + fences + acquiring),
  ]

  /// The migration after which the identity is drawn.
  static let withIdentity = "0005-sinks"

  static let names = migrations.map { $0.0 }

  static func script(of name: String) -> String { migrations.first { $0.0 == name }?.1 ?? "" }

  /// An item refers to its heal, which keeps the heal from being pruned.
  private static let items = """
    CREATE TABLE heal (
      shard text NOT NULL,
      id text NOT NULL,
      item_key text NOT NULL,
      machine_id text NOT NULL,
      machine_name text NOT NULL,
      vm_id text,
      status text NOT NULL,
      started_at bigint NOT NULL,
      ended_at bigint,
      body text NOT NULL,
      PRIMARY KEY (shard, id)
    );
    CREATE INDEX heal_by_item ON heal (item_key, started_at);
    CREATE INDEX heal_by_time ON heal (started_at);

    CREATE TABLE step (
      shard text NOT NULL,
      heal_id text NOT NULL,
      ordinal integer NOT NULL,
      title text NOT NULL,
      verb text NOT NULL,
      state text NOT NULL,
      attempts integer NOT NULL,
      intended_at bigint,
      ended_at bigint,
      operation text,
      fault text,
      PRIMARY KEY (shard, heal_id, ordinal),
      FOREIGN KEY (shard, heal_id) REFERENCES heal (shard, id) ON DELETE CASCADE
    );

    CREATE TABLE item (
      shard text NOT NULL,
      key text NOT NULL,
      vault text NOT NULL,
      arm_id text NOT NULL,
      name text NOT NULL,
      lifecycle_id text,
      live_machine text,
      protection_state text NOT NULL,
      reason text NOT NULL,
      heal_id text,
      updated_at bigint NOT NULL,
      state text NOT NULL,
      PRIMARY KEY (shard, key),
      FOREIGN KEY (shard, heal_id) REFERENCES heal (shard, id)
    );
    CREATE INDEX item_by_heal ON item (shard, heal_id);

    CREATE TABLE machine (
      shard text NOT NULL,
      id text NOT NULL,
      vm_id text NOT NULL,
      name text NOT NULL,
      item_key text NOT NULL,
      role text NOT NULL CHECK (role IN ('live', 'former')),
      first_seen bigint NOT NULL,
      last_seen bigint NOT NULL,
      PRIMARY KEY (shard, id, vm_id),
      FOREIGN KEY (shard, item_key) REFERENCES item (shard, key) ON DELETE CASCADE
    );
    CREATE INDEX machine_by_item ON machine (shard, item_key);

    """

  /// Events are numbered across all shards by a row that each commit with events counts up last of all, and holds until
  /// it is over: numbers are given in the order of the commits, and without a gap. Whoever has read up to a number will
  /// never find a smaller one later, which a sequence of PostgreSQL's does not promise: it gives a number to a
  /// transaction that may end after the next one, or never.
  private static let events = """
    CREATE TABLE event_counter (
      id integer NOT NULL PRIMARY KEY CHECK (id = 1),
      last bigint NOT NULL
    );
    INSERT INTO event_counter (id, last) VALUES (1, 0);

    CREATE TABLE event (
      sequence bigint NOT NULL PRIMARY KEY,
      shard text NOT NULL,
      at bigint NOT NULL,
      kind text NOT NULL,
      level text NOT NULL,
      item_key text,
      item_name text,
      machine_id text,
      machine_name text,
      vault text,
      heal_id text,
      body text NOT NULL
    );
    CREATE INDEX event_by_shard ON event (shard, sequence);
    CREATE INDEX event_by_item ON event (item_key);
    CREATE INDEX event_by_time ON event (shard, at);

    CREATE TABLE sweep (
      shard text NOT NULL,
      vault text NOT NULL,
      body text NOT NULL,
      sweeps bigint NOT NULL,
      failed bigint NOT NULL,
      pages bigint NOT NULL,
      instance_views bigint NOT NULL,
      item_reads bigint NOT NULL,
      association_lists bigint NOT NULL,
      job_lists bigint NOT NULL,
      PRIMARY KEY (shard, vault)
    );

    """

  /// A row for every content that a baseline has had; what only confirms the newest changes its row.
  private static let baselines = """
    CREATE TABLE baseline (
      shard text NOT NULL,
      item_key text NOT NULL,
      learned_at bigint NOT NULL,
      confirmed_at bigint NOT NULL,
      machine_id text NOT NULL,
      body text NOT NULL,
      PRIMARY KEY (shard, item_key, learned_at)
    );
    """

  /// The brakes of a shard are one row. An order is one row, and one more for each shard that has to answer it; `shard`
  /// in it names the only one, where it was given to one. `answer` is that of an order that was answered before there
  /// were shards. The key is the giver's: an order whose answer was lost on the way is not given twice.
  private static let brakes = """
    CREATE TABLE brakes (
      shard text NOT NULL PRIMARY KEY,
      body text NOT NULL
    );

    CREATE TABLE operator_order (
      number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      key text NOT NULL UNIQUE,
      shard text,
      given_at bigint NOT NULL,
      body text NOT NULL,
      answer text
    );

    CREATE TABLE order_answer (
      number bigint NOT NULL REFERENCES operator_order (number) ON DELETE CASCADE,
      shard text NOT NULL,
      answer text,
      PRIMARY KEY (number, shard)
    );
    CREATE INDEX order_answer_open ON order_answer (shard, number) WHERE answer IS NULL;
    """

  /// The alerts of a shard are one row. Events that are part of a failover are found by its id.
  private static let alerts = """
    CREATE TABLE alerts (
      shard text NOT NULL PRIMARY KEY,
      body text NOT NULL
    );

    ALTER TABLE event ADD COLUMN failover text;
    CREATE INDEX event_by_failover ON event (failover) WHERE failover IS NOT NULL;
    """

  /// A sink is told in order, so that one number says all of what it was told. The identity is drawn once.
  private static let sinks = """
    CREATE TABLE sink (
      shard text NOT NULL,
      name text NOT NULL,
      body text NOT NULL,
      PRIMARY KEY (shard, name)
    );

    CREATE TABLE identity (
      id integer NOT NULL PRIMARY KEY CHECK (id = 1),
      body text NOT NULL
    );
    """

  /// A shard's row is its lease, its fence, and the number of its last commit. It is small and changes often, so half
  /// of each page is left free for the next version of it.
  private static let shards = """
    CREATE TABLE shard (
      vault text NOT NULL PRIMARY KEY,
      token bigint NOT NULL DEFAULT 0,
      holder text,
      expires_at timestamptz,
      acquired_at timestamptz,
      wanted_at timestamptz,
      last_commit bigint NOT NULL DEFAULT 0,
      last_result bigint
    ) WITH (fillfactor = 50);

    CREATE TABLE instance (
      id text NOT NULL PRIMARY KEY,
      body text NOT NULL,
      seen_at timestamptz NOT NULL,
      span_ms bigint NOT NULL
    );

    """

  /// What every transaction that writes begins with. Whoever has lost the right is refused by the database, wherever it
  /// runs and whatever it believes. A takeover waits for a commit that is under way, and a commit for a takeover.
  ///
  /// Commits of a shard are numbered, and each names the one that it follows. So a commit whose answer was lost on the
  /// way can be asked for (`aftercare_settle`), and one that was given up cannot arrive after all. Nor does an instance go
  /// on in a database that was meanwhile restored from a backup: what it remembers is not what is there.
  private static let fences = """
    CREATE FUNCTION aftercare_hold(of_vault text, with_token bigint) RETURNS shard
    LANGUAGE plpgsql AS $$
    DECLARE
      known shard;
    BEGIN
      SELECT * INTO known FROM shard WHERE vault = of_vault FOR NO KEY UPDATE;
      IF NOT FOUND OR known.token = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'AC001',
          MESSAGE = 'nobody has acquired the right to write to the journal yet';
      END IF;
      IF known.token <> with_token THEN
        RAISE EXCEPTION USING ERRCODE = 'AC001', MESSAGE = format(
          'the right to write to the journal was taken over by %s (token %s, this one has %s); '
            'this instance must stop acting',
          coalesce(known.holder, 'another instance, which has ended'), known.token, with_token);
      END IF;
      RETURN known;
    END $$;

    CREATE FUNCTION aftercare_fence(of_vault text, with_token bigint, after_commit bigint) RETURNS bigint
    LANGUAGE plpgsql AS $$
    DECLARE
      known shard := aftercare_hold(of_vault, with_token);
    BEGIN
      IF known.last_commit <> after_commit THEN
        RAISE EXCEPTION USING ERRCODE = 'AC002', MESSAGE = format(
          'this commit follows commit %s of its vault, and the last one in the journal is %s: the database was restored '
            'from a backup meanwhile; this instance must stop acting', after_commit, known.last_commit);
      END IF;
      UPDATE shard SET last_commit = after_commit + 1, last_result = NULL WHERE vault = of_vault;
      RETURN after_commit + 1;
    END $$;

    CREATE FUNCTION aftercare_settle(of_vault text, with_token bigint, of_commit bigint)
    RETURNS TABLE (is_there boolean, result bigint, last_number bigint)
    LANGUAGE plpgsql AS $$
    DECLARE
      known shard := aftercare_hold(of_vault, with_token);
    BEGIN
      IF known.last_commit < of_commit THEN
        UPDATE shard SET last_commit = of_commit + 1, last_result = NULL WHERE vault = of_vault;
        RETURN QUERY SELECT false, NULL::bigint, of_commit + 1;
      ELSE
        RETURN QUERY SELECT known.last_commit = of_commit, known.last_result, known.last_commit;
      END IF;
    END $$;

    """

  /// A machine is the row of its id and its vmId; one that was never read has an empty `vm_id`. A live machine moves to
  /// the item that has it; a former one does not take it away again.
  private static let acquiring = """
    CREATE FUNCTION aftercare_know(vaults text[]) RETURNS void
    LANGUAGE sql AS $$
      WITH new AS (
        INSERT INTO shard (vault) SELECT DISTINCT v FROM unnest(vaults) AS v
        WHERE NOT EXISTS (SELECT FROM shard WHERE vault = v) ORDER BY v
        ON CONFLICT DO NOTHING RETURNING vault
      )
      INSERT INTO order_answer (number, shard)
      SELECT number, new.vault FROM new, operator_order AS o
      WHERE o.answer IS NULL AND o.shard IS NULL
        AND NOT EXISTS (SELECT FROM order_answer AS a WHERE a.number = o.number AND a.answer IS NOT NULL)
      ON CONFLICT DO NOTHING
    $$;

    CREATE FUNCTION aftercare_acquire(of_vault text, by_holder text, span_ms bigint)
    RETURNS TABLE (new_token bigint, last_number bigint)
    LANGUAGE plpgsql AS $$
    DECLARE
      known shard;
    BEGIN
      PERFORM aftercare_know(ARRAY[of_vault]);
      SELECT * INTO known FROM shard WHERE vault = of_vault FOR NO KEY UPDATE;
      IF known.holder <> by_holder AND known.expires_at > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'AC003', MESSAGE = format(
          'vault %s is looked after by instance %s for another %s s; '
            'it is taken over when that one ends, or is not heard of for so long', of_vault, known.holder,
          ceil(extract(epoch FROM known.expires_at - clock_timestamp())));
      END IF;
      RETURN QUERY UPDATE shard SET token = token + 1, holder = by_holder, acquired_at = clock_timestamp(),
          expires_at = clock_timestamp() + span_ms * interval '1 millisecond'
        WHERE vault = of_vault RETURNING token, last_commit;
    END $$;

    CREATE FUNCTION aftercare_machines(
      of_shard text, items text[], ids text[], vm_ids text[], names text[], roles text[], times bigint[])
    RETURNS void
    LANGUAGE plpgsql AS $$
    BEGIN
      FOR i IN 1 .. coalesce(array_length(ids, 1), 0) LOOP
        IF vm_ids[i] <> '' THEN
          IF EXISTS (SELECT FROM machine WHERE shard = of_shard AND id = ids[i] AND vm_id = vm_ids[i]) THEN
            DELETE FROM machine WHERE shard = of_shard AND id = ids[i] AND vm_id = '';
          ELSE
            UPDATE machine SET vm_id = vm_ids[i] WHERE shard = of_shard AND id = ids[i] AND vm_id = '';
          END IF;
        END IF;
        IF roles[i] = 'live' THEN
          UPDATE machine SET role = 'former' WHERE shard = of_shard AND item_key = items[i] AND role = 'live'
            AND NOT (id = ids[i] AND vm_id = vm_ids[i]);
        END IF;
        INSERT INTO machine AS known (shard, id, vm_id, name, item_key, role, first_seen, last_seen)
        VALUES (of_shard, ids[i], vm_ids[i], names[i], items[i], roles[i], times[i], times[i])
        ON CONFLICT (shard, id, vm_id) DO UPDATE SET
          item_key = excluded.item_key, role = excluded.role,
          last_seen = CASE excluded.role WHEN 'live' THEN excluded.last_seen ELSE known.last_seen END
        WHERE excluded.role = 'live' OR (known.item_key = excluded.item_key AND known.role <> excluded.role);
      END LOOP;
    END $$;
    """
}

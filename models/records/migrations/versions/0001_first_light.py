"""First light: every table, the views that a CRM reads, and on PostgreSQL roles, policies and partitions."""

import itertools

import sqlalchemy as sa
from alembic import op

from models.records.database import BigId, Day, Exact, Json, Ordered, Time

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("attention_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=True),
        sa.Column("deal_id", sa.Text(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.Column("resolved_at", Time(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("attention_id", name=op.f("pk_attention")),
    )
    op.create_index(
        "ix_attention_cause",
        "attention",
        ["company_id", "cause"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_attention_deal", "attention", ["company_id", "crm", "deal_id"], unique=False)
    op.create_index(
        "uq_attention_open",
        "attention",
        ["company_id", "stream", "reason", "cause"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "companies",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("webhook_secret", sa.Text(), nullable=False),
        sa.Column("webhook_secret_before", sa.Text(), nullable=True),
        sa.Column("webhook_secret_before_until", Time(), nullable=True),
        sa.Column("api_key_hash", sa.Text(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("removed_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_companies")),
        sa.UniqueConstraint("api_key_hash", name=op.f("uq_companies_api_key_hash")),
    )
    op.create_table(
        "connections",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("realm_sealed", sa.Text(), nullable=False),
        sa.Column("realm_fingerprint", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("books", Json, nullable=False),
        sa.Column("loaded_at", Time(), nullable=True),
        sa.Column("caught_up_to", sa.Text(), nullable=True),
        sa.Column("created_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connections")),
        sa.UniqueConstraint(
            "environment", "realm_fingerprint", name=op.f("uq_connections_environment_realm_fingerprint")
        ),
    )
    op.create_index("ix_connections_company_id", "connections", ["company_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("contact_type", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("snapshot", Json, nullable=False),
        sa.Column("told_order", Ordered, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "crm", "contact_type", "contact_id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "customers",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("sync_token", sa.Integer(), nullable=False),
        sa.Column("last_updated", Time(), nullable=False),
        sa.Column("read_at", Time(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "customer_id", name=op.f("pk_customers")),
    )
    op.create_index("ix_customers_email_key", "customers", ["connection_id", "email_key"], unique=False)
    op.create_index("ix_customers_name_key", "customers", ["connection_id", "name_key"], unique=False)
    op.create_table(
        "deals",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Text(), nullable=False),
        sa.Column("snapshot", Json, nullable=False),
        sa.Column("told_order", Ordered, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("trigger_order", Ordered, nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "crm", "deal_id", name=op.f("pk_deals")),
    )
    op.create_table(
        "event_payloads",
        sa.Column("received_at", Time(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("payload", Json, nullable=False),
        sa.PrimaryKeyConstraint("received_at", "event_id", name=op.f("pk_event_payloads")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_table(
        "events",
        sa.Column("sequence", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told_order", Ordered, nullable=False),
        sa.Column("occurred_at", Time(), nullable=False),
        sa.Column("received_at", Time(), nullable=False),
        sa.Column("settled_at", Time(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("outcome", Json, nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_events_event_id")),
        sa.UniqueConstraint("source", "delivery_id", name=op.f("uq_events_source_delivery_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_received", "events", ["company_id", "received_at"], unique=False)
    op.create_index("ix_events_stream", "events", ["stream", "sequence"], unique=False)
    op.create_index(
        "ix_events_waiting",
        "events",
        ["stream", "sequence"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_events_waiting_since",
        "events",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "grants",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("access_until", Time(), nullable=False),
        sa.Column("refresh_until", Time(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("stored_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_grants")),
    )
    op.create_table(
        "history",
        sa.Column("history_id", BigId, autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=True),
        sa.Column("deal_id", sa.Text(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("at", Time(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_history")),
        sa.UniqueConstraint(
            "company_id", "about", "cause", "what", name=op.f("uq_history_company_id_about_cause_what")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_deal", "history", ["company_id", "crm", "deal_id", "history_id"], unique=False)
    op.create_index("ix_history_invoice", "history", ["connection_id", "invoice_id", "history_id"], unique=False)
    op.create_table(
        "intents",
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("decision", Json, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asker", sa.Text(), nullable=True),
        sa.Column("first_asked_at", Time(), nullable=True),
        sa.Column("asked_at", Time(), nullable=True),
        sa.Column("outcome", Json, nullable=True),
        sa.Column("book_id", sa.Text(), nullable=True),
        sa.Column("intuit_tid", sa.Text(), nullable=True),
        sa.Column("planned_at", Time(), nullable=False),
        sa.Column("settled_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("intent_id", name=op.f("pk_intents")),
        sa.UniqueConstraint(
            "company_id",
            "kind",
            "subject",
            "slot",
            "generation",
            name=op.f("uq_intents_company_id_kind_subject_slot_generation"),
        ),
        sa.UniqueConstraint("request_id", name=op.f("uq_intents_request_id")),
    )
    op.create_index("ix_intents_book_id", "intents", ["connection_id", "kind", "book_id"], unique=False)
    op.create_index(
        "ix_intents_open",
        "intents",
        ["connection_id", "kind"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'asked', 'uncertain')"),
        sqlite_where=sa.text("state IN ('planned', 'asked', 'uncertain')"),
    )
    op.create_index(
        "uq_intents_open",
        "intents",
        ["company_id", "kind", "subject", "slot"],
        unique=True,
        postgresql_where=sa.text("state IN ('planned', 'asked', 'uncertain')"),
        sqlite_where=sa.text("state IN ('planned', 'asked', 'uncertain')"),
    )
    op.create_table(
        "invoices",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("billing_email", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", Day(), nullable=True),
        sa.Column("due_on", Day(), nullable=True),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        sa.Column("sent_at", Time(), nullable=True),
        sa.Column("paid_on", Day(), nullable=True),
        sa.Column("note_says_void", sa.Boolean(), nullable=False),
        sa.Column("told_void", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_overdue", sa.Boolean(), nullable=False),
        sa.Column("sync_token", sa.Integer(), nullable=False),
        sa.Column("last_updated", Time(), nullable=False),
        sa.Column("read_at", Time(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "invoice_id", name=op.f("pk_invoices")),
    )
    op.create_index("ix_invoices_due", "invoices", ["connection_id", "due_on"], unique=False)
    op.create_index("ix_invoices_updated", "invoices", ["company_id", "updated_at"], unique=False)
    op.create_table(
        "items",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("taxable", sa.Boolean(), nullable=False),
        sa.Column("unit_price", Exact(), nullable=True),
        sa.Column("income_account_id", sa.Text(), nullable=False),
        sa.Column("sync_token", sa.Integer(), nullable=False),
        sa.Column("last_updated", Time(), nullable=False),
        sa.Column("read_at", Time(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "item_id", name=op.f("pk_items")),
    )
    op.create_index("ix_items_name_key", "items", ["connection_id", "name_key"], unique=False)
    op.create_index("ix_items_sku", "items", ["connection_id", "sku"], unique=False)
    op.create_table(
        "lanes",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("paused_until", Time(), nullable=True),
        sa.Column("parked", sa.Text(), nullable=True),
        sa.Column("served_at", Time(), nullable=True),
        sa.Column("next_call_at", Time(), nullable=True),
        sa.Column("wakes", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_lanes")),
    )
    op.create_table(
        "links",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("made_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id", "crm", "record_type", "record_id", "slot", "kind", "connection_id", name=op.f("pk_links")
        ),
    )
    op.create_index("ix_links_book_id", "links", ["connection_id", "kind", "book_id"], unique=False)
    op.create_table(
        "notices",
        sa.Column("notice_id", BigId, autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("made_at", Time(), nullable=False),
        sa.Column("delivered_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "company_id",
            "subscription",
            "about",
            "cause",
            "kind",
            name=op.f("uq_notices_company_id_subscription_about_cause_kind"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "numbers",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "series", name=op.f("pk_numbers")),
    )
    op.create_table(
        "payment_applications",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "payment_id", "invoice_id", name=op.f("pk_payment_applications")),
    )
    op.create_index(
        "ix_payment_applications_invoice", "payment_applications", ["connection_id", "invoice_id"], unique=False
    )
    op.create_table(
        "payments",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", Day(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("sync_token", sa.Integer(), nullable=False),
        sa.Column("last_updated", Time(), nullable=False),
        sa.Column("read_at", Time(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "payment_id", name=op.f("pk_payments")),
    )
    op.create_table(
        "products",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("snapshot", Json, nullable=False),
        sa.Column("told_order", Ordered, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "crm", "product_id", name=op.f("pk_products")),
    )
    op.create_table(
        "quotes",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("crm", sa.Text(), nullable=False),
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("snapshot", Json, nullable=False),
        sa.Column("told_order", Ordered, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("updated_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "crm", "quote_id", name=op.f("pk_quotes")),
    )
    op.create_table(
        "readers",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.UniqueConstraint(
            "role", "company_id", name=op.f("uq_readers_role_company_id"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "refusals",
        sa.Column("refusal_id", BigId, autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("faults", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_refusals")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "streams",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column("every_s", sa.Float(), nullable=True),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("lease_until", Time(), nullable=True),
        sa.Column("leased_at", Time(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rung_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_streams")),
    )
    op.create_index(
        "ix_streams_due",
        "streams",
        ["queue", "lane", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_streams_lease",
        "streams",
        ["lease_token"],
        unique=False,
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_table(
        "tax_codes",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("tax_code_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("percent", Exact(), nullable=True),
        sa.Column("read_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "tax_code_id", name=op.f("pk_tax_codes")),
    )
    op.create_table(
        "terms",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("read_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "term_id", name=op.f("pk_terms")),
    )
    op.create_table(
        "usage",
        sa.Column("usage_id", BigId, autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("usage_id", name=op.f("pk_usage")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_usage_connection_at", "usage", ["connection_id", "at"], unique=False)
    _create_views()
    if op.get_bind().dialect.name == "postgresql":
        _create_partitions()
        _create_roles()
        _create_policies()


def downgrade() -> None:
    raise RuntimeError("the first schema cannot be taken away; restore a backup instead")


# ---------------------------------------------------------------- what the CRM reads

_NO_DECIMALS = "('BIF','CLP','DJF','GNF','ISK','JPY','KMF','KRW','PYG','RWF','UGX','UYI','VND','VUV','XAF','XOF','XPF')"
_THREE_DECIMALS = "('BHD','IQD','JOD','KWD','LYD','OMR','TND')"
_FOUR_DECIMALS = "('CLF','UYW')"


def _money(minor: str, currency: str) -> str:
    """Exact money from minor units: numeric on PostgreSQL, plain decimal text on SQLite."""
    if op.get_bind().dialect.name == "postgresql":
        return (
            f"CASE WHEN {currency} IN {_NO_DECIMALS} THEN ({minor})::numeric "
            f"WHEN {currency} IN {_THREE_DECIMALS} THEN ({minor}) * 0.001 "
            f"WHEN {currency} IN {_FOUR_DECIMALS} THEN ({minor}) * 0.0001 ELSE ({minor}) * 0.01 END"
        )

    def text(places: int) -> str:
        unit = 10**places
        sign = f"CASE WHEN ({minor}) < 0 THEN '-' ELSE '' END"
        return f"printf('%s%d.%0{places}d', {sign}, abs({minor}) / {unit}, abs({minor}) % {unit})"

    return (
        f"CASE WHEN ({minor}) IS NULL THEN NULL WHEN {currency} IN {_NO_DECIMALS} THEN CAST(({minor}) AS TEXT) "
        f"WHEN {currency} IN {_THREE_DECIMALS} THEN {text(3)} "
        f"WHEN {currency} IN {_FOUR_DECIMALS} THEN {text(4)} ELSE {text(2)} END"
    )


def _create_views() -> None:
    latest = "greatest" if op.get_bind().dialect.name == "postgresql" else "max"
    barrier = "WITH (security_barrier)" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"""
        CREATE VIEW crm_invoices {barrier} AS
        SELECT l.company_id AS company, l.crm, l.record_type, l.record_id,
               CASE WHEN l.record_type = 'deal' THEN l.record_id END AS deal_id, l.slot,
               i.connection_id AS connection, i.invoice_id, i.number, i.status, i.is_overdue, i.is_sent, i.currency,
               {_money("i.total_minor", "i.currency")} AS total, i.total_minor,
               {_money("i.balance_minor", "i.currency")} AS balance, i.balance_minor,
               {_money("i.total_minor - i.balance_minor", "i.currency")} AS paid,
               i.total_minor - i.balance_minor AS paid_minor,
               i.issued_on, i.due_on, i.sent_at, i.paid_on, i.customer_id, i.customer_name, i.billing_email,
               c.public_url || '/open/' || i.connection_id || '/invoices/' || i.invoice_id AS quickbooks_url,
               i.version, i.updated_at
        FROM links l
        JOIN invoices i ON i.connection_id = l.connection_id AND i.invoice_id = l.book_id
        JOIN companies c ON c.company_id = l.company_id
        WHERE l.kind = 'invoice'""")
    op.execute(f"""
        CREATE VIEW crm_deals {barrier} AS
        WITH ranked AS (
            SELECT v.*, row_number() OVER (PARTITION BY v.company, v.crm, v.deal_id
                                           ORDER BY v.updated_at DESC, v.version DESC, v.slot) AS place
            FROM crm_invoices v WHERE v.deal_id IS NOT NULL
        ), summed AS (
            SELECT company, crm, deal_id, count(*) AS invoice_count, max(currency) AS currency,
                   CASE WHEN count(DISTINCT currency) = 1 THEN CAST(sum(balance_minor) AS BIGINT) END AS balance_minor
            FROM ranked GROUP BY company, crm, deal_id
        ), points AS (
            SELECT company_id, crm, deal_id, sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS open_points,
                   max(coalesce(resolved_at, since)) AS changed_at
            FROM attention WHERE deal_id IS NOT NULL GROUP BY company_id, crm, deal_id
        )
        SELECT d.company_id AS company, d.crm, d.deal_id,
               r.balance AS amount_due, r.balance_minor AS amount_due_minor, r.customer_name AS recipient,
               r.number, r.status, r.due_on, r.currency,
               {_money("s.balance_minor", "s.currency")} AS amount_due_all, s.balance_minor AS amount_due_all_minor,
               coalesce(s.invoice_count, 0) AS invoice_count, coalesce(p.open_points, 0) AS attention,
               {latest}(d.updated_at, coalesce(r.updated_at, d.updated_at), coalesce(p.changed_at, d.updated_at))
                   AS updated_at
        FROM deals d
        LEFT JOIN ranked r ON r.company = d.company_id AND r.crm = d.crm AND r.deal_id = d.deal_id AND r.place = 1
        LEFT JOIN summed s ON s.company = d.company_id AND s.crm = d.crm AND s.deal_id = d.deal_id
        LEFT JOIN points p ON p.company_id = d.company_id AND p.crm = d.crm AND p.deal_id = d.deal_id""")
    op.execute(f"""
        CREATE VIEW crm_attention {barrier} AS
        SELECT attention_id, company_id AS company, crm, deal_id, since, reason, cause, message, remedy, choices
        FROM attention WHERE state = 'open'""")
    op.execute(f"""
        CREATE VIEW crm_history {barrier} AS
        SELECT h.history_id, h.company_id AS company, coalesce(h.crm, l.crm) AS crm,
               coalesce(h.deal_id, l.record_id) AS deal_id, coalesce(h.slot, l.slot) AS slot,
               h.connection_id AS connection, h.invoice_id, h.at, h.what,
               {_money("h.amount_minor", "h.currency")} AS amount, h.amount_minor, h.currency, h.status,
               {_money("h.balance_minor", "h.currency")} AS balance, h.balance_minor, h.by, h.detail
        FROM history h
        LEFT JOIN links l ON h.deal_id IS NULL AND l.kind = 'invoice' AND l.record_type = 'deal'
                         AND l.connection_id = h.connection_id AND l.book_id = h.invoice_id""")


# ---------------------------------------------------------------- PostgreSQL only


def _create_partitions() -> None:
    """A partition of the payloads for each of the next 36 months, and one for whatever else there may be."""
    first = op.get_bind().execute(sa.text("SELECT date_trunc('month', clock_timestamp(), 'UTC')")).scalar_one()
    months = [(first.year * 12 + first.month - 1 + ahead) for ahead in range(37)]
    starts = [f"{month // 12:04d}-{month % 12 + 1:02d}-01 00:00:00+00" for month in months]
    for start, end in itertools.pairwise(starts):
        name = f"event_payloads_{start[:4]}_{start[5:7]}"
        op.execute(f"CREATE TABLE {name} PARTITION OF event_payloads FOR VALUES FROM ('{start}') TO ('{end}')")
    op.execute("CREATE TABLE event_payloads_other PARTITION OF event_payloads DEFAULT")


_ROLES = ("owner", "door", "worker", "api", "views", "readers")
_TABLES = (
    "attention", "companies", "connections", "contacts", "customers", "deals", "event_payloads", "events", "grants",
    "history", "intents", "invoices", "items", "lanes", "links", "notices", "numbers", "payment_applications",
    "payments", "products", "quotes", "refusals", "streams", "tax_codes", "terms", "usage",
)  # fmt: skip
_VIEWS = "crm_invoices, crm_deals, crm_attention, crm_history"


def _create_roles() -> None:
    for role in _ROLES:
        op.execute(f"""
            DO $$ BEGIN CREATE ROLE dealbooks_{role} NOLOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$""")
    for role in ("owner", "door", "worker", "api", "views"):
        op.execute(f"""
            DO $$ BEGIN EXECUTE format('GRANT dealbooks_{role} TO %I', current_user);
            EXCEPTION WHEN OTHERS THEN NULL; END $$""")
    op.execute(
        "GRANT USAGE ON SCHEMA public TO dealbooks_door, dealbooks_worker, dealbooks_api, dealbooks_views, "
        "dealbooks_readers"
    )
    op.execute("GRANT CREATE ON SCHEMA public TO dealbooks_owner, dealbooks_views")
    for table in (*_TABLES, "readers"):
        op.execute(f"ALTER TABLE {table} OWNER TO dealbooks_owner")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO dealbooks_worker")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO dealbooks_door, dealbooks_worker, dealbooks_api")
    op.execute("GRANT SELECT ON alembic_version TO dealbooks_door, dealbooks_worker, dealbooks_api")
    op.execute("GRANT SELECT, INSERT, UPDATE ON events, streams TO dealbooks_door")
    op.execute("GRANT SELECT, INSERT ON event_payloads, refusals TO dealbooks_door")
    op.execute("GRANT SELECT ON companies, connections, lanes, attention, intents TO dealbooks_door")
    op.execute("GRANT UPDATE ON companies TO dealbooks_door")
    op.execute("GRANT SELECT, INSERT ON events, event_payloads, streams TO dealbooks_api")
    op.execute(
        "GRANT SELECT ON attention, connections, contacts, customers, deals, history, intents, invoices, items, "
        "links, payments, products, quotes, tax_codes, terms, usage TO dealbooks_api"
    )
    op.execute("GRANT SELECT ON attention, companies, deals, history, invoices, links, readers TO dealbooks_views")
    for view in _VIEWS.split(", "):
        op.execute(f"ALTER VIEW {view} OWNER TO dealbooks_views")
        op.execute(f"GRANT SELECT ON {view} TO dealbooks_readers, dealbooks_worker, dealbooks_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM dealbooks_views")


def _create_policies() -> None:
    """Whose rows a transaction sees: its company's; an operator's transaction sees all; a reader its companies'.

    A reader is known by the role it logged in as, never by a setting, which it could change itself.
    """
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"""
            CREATE POLICY company ON {table} FOR ALL TO dealbooks_door, dealbooks_worker, dealbooks_api
            USING (company_id = nullif(current_setting('dealbooks.company', true), ''))
            WITH CHECK (company_id = nullif(current_setting('dealbooks.company', true), ''))""")
        op.execute(f"""
            CREATE POLICY operator ON {table} FOR ALL TO dealbooks_door, dealbooks_worker
            USING (current_setting('dealbooks.operator', true) = 'on')
            WITH CHECK (current_setting('dealbooks.operator', true) = 'on')""")
        op.execute(f"""
            CREATE POLICY reader ON {table} FOR SELECT TO dealbooks_views
            USING (pg_has_role(session_user, 'dealbooks_owner', 'MEMBER') OR EXISTS (
                SELECT 1 FROM readers r WHERE r.role = session_user::text
                AND (r.company_id IS NULL OR r.company_id = {table}.company_id)))""")

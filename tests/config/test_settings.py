"""Settings are read from the environment, checked all at once, and never show a secret."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.settings import (
    Pace,
    Settings,
    SettingsInvalid,
    ensure_secret_key,
    load_settings,
)

KEY = "k" * 32


def told(**settings: str) -> dict[str, str]:
    return {f"DEALBOOKS_{name.upper()}": value for name, value in settings.items()}


def test_nothing_told_gives_a_single_machine() -> None:
    settings = load_settings({})
    assert settings.data_dir == Path(".dealbooks")
    assert settings.database_url == "sqlite:///.dealbooks/dealbooks.sqlite3"
    assert settings.broker_url == ""
    assert settings.secret_keys == ()
    assert (settings.quickbooks_repeat_after, settings.quickbooks_repeat_within) == (5.0, 43_200.0)
    assert settings.quickbooks_pace == Pace(per_second=10, per_minute=500, at_once=10)
    assert (settings.log_level, settings.log_format) == ("INFO", "json")
    assert settings.admin_token is None


def test_the_database_stands_in_the_data_folder() -> None:
    assert load_settings(told(data_dir="/srv/d")).database_url == "sqlite:////srv/d/dealbooks.sqlite3"
    assert load_settings({}, data_dir=Path("/srv/e")).database_url == "sqlite:////srv/e/dealbooks.sqlite3"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("database_url", "postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("database_url", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("database_url", "sqlite:////tmp/x.sqlite3", "sqlite:////tmp/x.sqlite3"),
        ("broker_url", "redis://h:6379/1", "redis://h:6379/1"),
        ("broker_url", "rediss://h", "rediss://h"),
        ("public_url", "https://books.example/", "https://books.example"),
        ("quickbooks_environment", "Production", "production"),
        ("quickbooks_environment", "http://127.0.0.1:9400/", "http://127.0.0.1:9400"),
        ("quickbooks_repeat_after", "5", 5.0),
        ("quickbooks_repeat_after", "5 s", 5.0),
        ("quickbooks_repeat_after", "0.5", 0.5),
        ("quickbooks_repeat_after", "250 ms", 0.25),
        ("quickbooks_repeat_within", "12 h", 43_200.0),
        ("quickbooks_repeat_within", "2 min", 120.0),
        ("quickbooks_repeat_within", "7200", 7_200.0),
        ("quickbooks_pace", "3/s,100/min,2", Pace(3, 100, 2)),
        ("quickbooks_pace", "3/s, 100/min, 2", Pace(3, 100, 2)),
        ("log_level", "debug", "DEBUG"),
        ("log_format", "console", "console"),
    ],
)
def test_a_setting_is_read(name: str, text: str, value: object) -> None:
    assert getattr(load_settings(told(**{name: text})), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("database_url", "mysql://u:hunter2@h/d"),
        ("database_url", "postgresql+psycopg2://u:hunter2@h/d"),
        ("broker_url", "amqp://u:hunter2@h"),
        ("secret_keys", "hunter2"),
        ("secret_keys", f"{KEY},hunter2"),
        ("public_url", "books.example/hunter2"),
        ("public_url", "https://u:hunter2@books.example"),
        ("public_url", "https://books.example:x/hunter2"),
        ("quickbooks_environment", "hunter2"),
        ("quickbooks_environment", "ftp://hunter2"),
        ("quickbooks_environment", "http://h/?q=hunter2"),
        ("quickbooks_repeat_after", "hunter2"),
        ("quickbooks_repeat_after", "0"),
        ("quickbooks_repeat_after", "-5"),
        ("quickbooks_repeat_after", "nan"),
        ("quickbooks_repeat_after", "inf"),
        ("quickbooks_repeat_after", "5 weeks"),
        ("quickbooks_repeat_within", "1 s"),
        ("quickbooks_pace", "10"),
        ("quickbooks_pace", "0/s,500/min,10"),
        ("quickbooks_pace", "off"),
        ("log_level", "hunter2"),
        ("log_format", "xml"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(name: str, text: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(told(**{name: text}))
    message = str(refused.value)
    assert message.startswith(f"DEALBOOKS_{name.upper()} ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "hunter2" not in message


def test_everything_wrong_or_missing_is_told_at_once() -> None:
    wrong = told(database_url="x", broker_url="y", quickbooks_pace="off", log_level="z", quickbooks_client_id="i")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(wrong, required=("secret_keys", "public_url"))
    assert [line.split()[0].removeprefix("DEALBOOKS_") for line in str(refused.value).splitlines()] == [
        "DATABASE_URL",
        "BROKER_URL",
        "QUICKBOOKS_CLIENT_SECRET",
        "QUICKBOOKS_PACE",
        "LOG_LEVEL",
        "SECRET_KEYS",
        "PUBLIC_URL",
    ]


def test_what_is_required_and_told_is_no_fault_beside_another() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(told(secret_keys=KEY, log_level="z"), required=("secret_keys",))
    assert list(refused.value.faults) == ["DEALBOOKS_LOG_LEVEL"]


def test_required_settings_that_are_told_load() -> None:
    assert load_settings(told(secret_keys=KEY), required=("secret_keys",)).secret_keys


def test_pacing_is_off_only_against_a_base_address() -> None:
    assert load_settings(told(quickbooks_pace="off", quickbooks_environment="http://h:1")).quickbooks_pace is None
    for name in ("production", "sandbox"):
        with pytest.raises(SettingsInvalid, match="DEALBOOKS_QUICKBOOKS_PACE"):
            load_settings(told(quickbooks_pace="off", quickbooks_environment=name))


def test_a_client_id_and_its_secret_come_together() -> None:
    both = load_settings(told(quickbooks_client_id="i", quickbooks_client_secret="s"))
    assert both.quickbooks_client_secret is not None
    assert both.quickbooks_client_secret.get_secret_value() == "s"
    for alone in ({"quickbooks_client_id": "i"}, {"quickbooks_client_secret": "s"}):
        with pytest.raises(SettingsInvalid, match="DEALBOOKS_QUICKBOOKS_CLIENT_SECRET"):
            load_settings(told(**alone))


def test_lists_of_secrets_keep_their_order() -> None:
    settings = load_settings(told(secret_keys=f" {KEY} ,{'o' * 40},", quickbooks_verifier_tokens="new, old"))
    assert [key.get_secret_value() for key in settings.secret_keys] == [KEY, "o" * 40]
    assert [token.get_secret_value() for token in settings.quickbooks_verifier_tokens] == ["new", "old"]


def test_a_repr_shows_no_secret() -> None:
    settings = load_settings(
        told(
            secret_keys="hunter2" * 5,
            quickbooks_client_id="i",
            quickbooks_client_secret="hunter2",
            quickbooks_verifier_tokens="hunter2",
            admin_token="hunter2",
            database_url="postgresql://u:hunter2@h/d",
            broker_url="redis://:hunter2@h",
        )
    )
    assert "hunter2" not in repr(settings) + str(settings)


def test_settings_do_not_change_once_loaded() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).log_level = "DEBUG"


def test_empty_and_foreign_variables_say_nothing() -> None:
    settings = load_settings({"DEALBOOKS_LOG_LEVEL": "", "LOG_LEVEL": "ERROR", "DEALBOOKS_TEST_DATABASE_URL": "x"})
    assert settings.log_level == "INFO"


def test_an_empty_variable_of_the_process_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALBOOKS_LOG_LEVEL", "")
    assert load_settings().log_level == "INFO"


def test_settings_made_without_the_loader_do_not_repeat_what_is_wrong_either() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database_url="mysql://u:hunter2@h/d")
    assert "hunter2" not in str(refused.value)


def test_overrides_win_and_are_checked() -> None:
    assert load_settings(told(log_level="ERROR"), log_level="debug").log_level == "DEBUG"
    assert load_settings({}, quickbooks_repeat_after=0.2).quickbooks_repeat_after == 0.2
    with pytest.raises(SettingsInvalid, match="DEALBOOKS_LOG_FORMAT"):
        load_settings({}, log_format="xml")


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(f"DEALBOOKS_LOG_LEVEL=ERROR\nDEALBOOKS_SECRET_KEYS={KEY}\nOTHER=1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEALBOOKS_SECRET_KEYS", raising=False)
    monkeypatch.setenv("DEALBOOKS_LOG_LEVEL", "WARNING")
    settings = load_settings(required=("secret_keys",))
    assert settings.log_level == "WARNING"
    assert settings.secret_keys[0].get_secret_value() == KEY
    monkeypatch.setenv("DEALBOOKS_LOG_LEVEL", "wrong")
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(required=("secret_keys",))
    assert list(refused.value.faults) == ["DEALBOOKS_LOG_LEVEL"]


def test_a_mapping_given_is_all_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DEALBOOKS_LOG_LEVEL=ERROR\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEALBOOKS_LOG_FORMAT", "console")
    settings = load_settings({})
    assert (settings.log_level, settings.log_format) == ("INFO", "json")


def test_an_env_file_that_is_not_text_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"DEALBOOKS_LOG_LEVEL=\xff\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsInvalid, match=r"^\.env cannot be read as UTF-8 text\.$"):
        load_settings()


@pytest.mark.parametrize(
    ("environment", "api", "pages", "token"),
    [
        (
            "production",
            "https://quickbooks.api.intuit.com",
            "https://app.qbo.intuit.com",
            "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        ),
        (
            "sandbox",
            "https://sandbox-quickbooks.api.intuit.com",
            "https://app.sandbox.qbo.intuit.com",
            "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        ),
        ("http://h:9400", "http://h:9400", "http://h:9400", "http://h:9400/oauth2/v1/tokens/bearer"),
    ],
)
def test_an_environment_has_its_addresses(environment: str, api: str, pages: str, token: str) -> None:
    settings = load_settings(told(quickbooks_environment=environment))
    assert settings.environment_name == environment
    assert settings.quickbooks_api_base == api
    assert settings.quickbooks_app_base == pages
    assert settings.quickbooks_endpoints.token == token


def test_production_and_sandbox_have_their_own_discovery() -> None:
    def discovery(environment: str) -> str:
        return load_settings(told(quickbooks_environment=environment)).quickbooks_endpoints.discovery

    assert discovery("production").endswith("/.well-known/openid_configuration/")
    assert discovery("sandbox").endswith("/.well-known/openid_sandbox_configuration/")
    assert discovery("http://h:9400") == "http://h:9400/.well-known/openid_sandbox_configuration"


def test_a_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    key = ensure_secret_key(folder)
    assert len(key) >= 32
    assert ensure_secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret.key"]


def test_all_who_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(ensure_secret_key, [tmp_path] * 64))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_file_that_others_could_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(KEY + "\n")
    (tmp_path / "secret.key").chmod(0o644)
    assert ensure_secret_key(tmp_path) == KEY
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64])
def test_a_key_file_without_a_key_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SettingsInvalid, match=r"DEALBOOKS_DATA_DIR holds"):
        ensure_secret_key(tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == content


def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsInvalid, match="DEALBOOKS_DATA_DIR"):
        ensure_secret_key(tmp_path / "file")


def test_wrong_types_from_code_are_refused_like_wrong_text() -> None:
    wrong: dict[str, Any] = {"quickbooks_pace": 5, "secret_keys": 7, "quickbooks_repeat_after": True, "public_url": 3}
    with pytest.raises(SettingsInvalid) as refused:
        load_settings({}, **wrong)
    assert len(refused.value.faults) == 4

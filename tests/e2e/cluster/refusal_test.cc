// PostgreSQL servers and databases that a broker refuses, with the reason.
#include <doctest/doctest.h>

#include <optional>

#include "tests/e2e/cluster/postgres_proxy.h"
#include "tests/e2e/cluster/postgres_rig.h"

namespace refusal_test {

using namespace forkmill;
using namespace forkmill::test;
using namespace forkmill::broker;

namespace {

std::string refusal(const PostgresOptions& options) {
  PostgresStore store{options};
  const auto opened = store.open();
  return opened.ok() ? "" : opened.failure().text;
}
std::string refusal(const std::string& url) { return refusal(store_options(url)); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// PgBouncer in front of a server, in the mode in which each transaction may get another session of it.
class Pooler {
 public:
  explicit Pooler(const PostgresServer& server) : folder_{server.folder()} {
    const std::string settings = folder_ + "/pgbouncer.ini";
    std::ofstream{settings} << "[databases]\npostgres = host=" << folder_
                            << " port=5432 dbname=postgres user=forkmill\n[pgbouncer]\nlisten_port = " << kPort
                            << "\nunix_socket_dir = " << folder_ << "\nauth_type = any\npool_mode = transaction\n";
    process_.emplace(server.start_beside({"/usr/sbin/pgbouncer", settings}));
    if (!eventually([&] { return PQping(url().c_str()) == PQPING_OK; }))
      throw std::runtime_error{"no PgBouncer: deploy/install-deps --cluster"};
  }
  std::string url() const {
    return "postgresql:///postgres?user=forkmill&host=" + folder_ + "&port=" + std::to_string(kPort);
  }

 private:
  static constexpr int kPort = 6432;
  const std::string folder_;
  std::optional<Process> process_;
};

}  // namespace

TEST_CASE("a server that could lose acknowledged tasks is refused, with the setting and the remedy") {
  PostgresServer server;
  const auto refusal_with = [&](const std::string& setting, CommitSafety safety = CommitSafety::local) {
    server.restart({setting});
    auto options = store_options(server.url());
    options.safety = safety;
    return refusal(options);
  };
  CHECK(
      contains(refusal_with("fsync=off"),
               "the server has fsync = off: a crash of the server's machine loses acknowledged tasks; set fsync = on"));
  CHECK(contains(refusal_with("full_page_writes=off"), "full_page_writes = off"));
  CHECK(contains(refusal_with("synchronous_commit=off"), "set synchronous_commit = on"));
  CHECK(contains(refusal_with("default_transaction_isolation=read uncommitted"), "default_transaction_isolation"));
  const std::string alone = refusal_with("synchronous_standby_names=", CommitSafety::standby);
  CHECK_MESSAGE(contains(alone, "synchronous_standby_names = '': no standby has the acknowledged tasks"), alone);
  CHECK(contains(alone, "--durability local"));
  const auto weak = {"synchronous_commit=local", "synchronous_commit=remote_write"};
  for (const char* setting : weak)
    CHECK(contains(refusal_with(setting, CommitSafety::standby), "synchronous_commit = on"));
  for (const char* setting : weak) CHECK(refusal_with(setting) == "");
}

TEST_CASE("a database of another encoding is refused") {
  PostgresServer& server = shared_server();
  server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  CHECK(contains(refusal(server.url("latin")), "the encoding of the database is LATIN1"));
}

TEST_CASE("a database of another cluster, and a newer schema, are refused") {
  PostgresServer& server = shared_server();
  clear(server);
  auto options = store_options(server.url());
  options.cluster = "north";
  REQUIRE(refusal(options) == "");
  CHECK(contains(refusal(server.url()), "belongs to cluster 'north', and this broker to 'forkmill'"));
  server.sql("UPDATE forkmill.cluster SET version = 99");
  CHECK(contains(refusal(options), "schema forkmill has version 99"));
  CHECK(contains(refusal(options), "a newer forkmill has converted it"));
  clear(server);
}

TEST_CASE("a server that cannot be reached, and a missing database, are refused at the start") {
  PostgresServer& server = shared_server();
  CHECK(contains(refusal("postgresql:///postgres?host=/nowhere"), "No such file or directory"));
  CHECK(contains(refusal(server.url("missing")), "database \"missing\" does not exist"));
}

TEST_CASE("a wrong password is refused without being shown, and with the remedy") {
  PostgresServer& server = shared_server();
  server.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'");
  std::ofstream{server.data() + "/pg_hba.conf"} << "local all guarded scram-sha-256\nlocal all all trust\n";
  server.sql("SELECT pg_reload_conf()");
  const auto url = [&](const std::string& user) {
    return "postgresql://" + user + "@/postgres?host=" + server.folder();
  };
  const std::string wrong = refusal(url("guarded:secret-word"));
  CHECK_MESSAGE(contains(wrong, "password authentication failed"), wrong);
  CHECK(contains(wrong, "PGPASSFILE"));
  CHECK_FALSE(contains(wrong, "secret-word"));
  CHECK(contains(refusal(url("guarded:right")), "permission denied for database postgres"));
  CHECK(contains(refusal(url("guarded:right")), "OWNER TO"));
}

TEST_CASE("a read-only standby is refused, and of several hosts the primary is taken") {
  PostgresServer& primary = shared_server();
  clear(primary);
  std::ofstream{primary.data() + "/pg_hba.conf"} << "local all all trust\nlocal replication all trust\n";
  primary.sql("SELECT pg_reload_conf()");
  PostgresServer standby{PostgresServer::StandbyOf{primary}};
  standby.start();
  CHECK(contains(refusal(standby.url()), "the server is a read-only standby: name the primary"));
  const std::string both = "postgresql:///postgres?user=forkmill&host=" + standby.folder() + "," + primary.folder();
  CHECK(refusal(both) == "");
}

TEST_CASE("an older server is refused") {
  PostgresProxy proxy{shared_server().folder()};
  proxy.cut(PostgresProxy::Cut::pretend_old);
  CHECK(refusal(proxy.url()).ends_with(": the server has version 14, and PostgreSQL 15 or newer is needed"));
}

TEST_CASE("PgBouncer, which gives each transaction another session, is refused, and changes nothing") {
  PostgresServer& server = shared_server();
  clear(server);
  const Pooler pooler{server};
  const std::string text = refusal(pooler.url());
  CHECK_MESSAGE(contains(text, "a pooler stands between the broker and the server"), text);
  CHECK(contains(text, "connect to the server itself"));
  CHECK(server.sql("SELECT to_regnamespace('forkmill') IS NULL") == "t");
  CHECK(refusal(server.url()) == "");
}

TEST_CASE("a pooler between broker and server is refused") {
  PostgresServer& server = shared_server();
  clear(server);
  PostgresProxy proxy{server.folder()};
  CHECK(refusal(proxy.url()) == "");
  proxy.cut(PostgresProxy::Cut::pretend_pooling);
  CHECK(contains(refusal(proxy.url()), "a pooler stands between the broker and the server"));
}

TEST_CASE("passwords are not shown") {
  const auto shown = [](const std::string& url) { return ServerAddress::parse(url)->shown(); };
  CHECK(shown("postgresql://me:pass@db.example:5433/queue") == "postgresql://me@db.example:5433/queue");
  CHECK(shown("postgresql://me@a,b/queue?password=pass") == "postgresql://me@a,b/queue");
  const auto hidden = [](std::string text) {
    hide_passwords(text.data());
    return text;
  };
  CHECK(hidden("--store=postgresql://me:pass@db/queue") == "--store=postgresql://me:****@db/queue");
  CHECK(hidden("postgresql://me@db/queue?password=pass&x=1") == "postgresql://me@db/queue?password=****&x=1");
  CHECK(hidden("postgresql://me:a/b?c@d@db/queue") == "postgresql://me:*******@db/queue");
  CHECK(hidden("postgresql://db/queue?sslpassword=one&password=two") ==
        "postgresql://db/queue?sslpassword=***&password=***");
  CHECK(hidden("postgresql://db:5432/queue") == "postgresql://db:5432/queue");
  CHECK(hidden("--data=/srv/postgres:x") == "--data=/srv/postgres:x");
  CHECK_FALSE(ServerAddress::parse("mysql://db").ok());
  const auto refused = [](const std::string& url) {
    const auto address = ServerAddress::parse(url);
    return address.ok() ? "" : address.failure().text;
  };
  CHECK(contains(refused("postgresql://db/?nonsense=1"), "nonsense"));
  CHECK(contains(refused("postgresql://me:100%word@db/queue"), "percent-encoded"));
  for (const char* url : {"postgresql://me:100%word@db/queue", "postgresql://me:word@[db/queue",
                          "postgresql://me:a/word@db/queue", "postgresql://me:a@word@db/queue",
                          "postgresql://me@db/queue?password=%word", "postgresql://me@db/queue?password=a=word"}) {
    CHECK_MESSAGE(refused(url) != "", url);
    CHECK_MESSAGE(!contains(refused(url), "word@"), refused(url));
    CHECK_MESSAGE(!contains(refused(url), "%word"), refused(url));
    CHECK_MESSAGE(!contains(refused(url), "=word"), refused(url));
  }
}

}  // namespace refusal_test

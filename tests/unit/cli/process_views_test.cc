#include "client/cli/views/processes.h"

#include <doctest/doctest.h>

namespace forkmill::cli::process_views_test {
namespace {

constexpr std::int64_t kNow = 1'700'000'010'000;

Json sample() {
  return Json::parse(R"({"processes":[
    {"host":"a","worker":"","pid":10,"parent":1,"role":"broker","state":"S","cpu_us":1500000,"rss_bytes":1048576,
     "started_at_ms":1700000000250,"command":"forkmill-broker"},
    {"host":"b","worker":"w1","pid":20,"parent":1,"role":"supervisor","state":"S","cpu_us":0,"rss_bytes":2048,
     "started_at_ms":0,"command":"worker w1"},
    {"host":"b","worker":"w1","pid":21,"parent":20,"role":"link","state":"R","cpu_us":0,"rss_bytes":0,
     "started_at_ms":0,"command":"link"},
    {"host":"b","worker":"w1","pid":22,"parent":20,"role":"process","state":"R","cpu_us":0,"rss_bytes":0,
     "started_at_ms":0,"command":"t.echo read\ner","task":"t.echo","label":"read\ner","id":"0190163d",
     "task_started_at_ms":1700000000000}]})");
}

TEST_CASE("a table shows processes like ps") {
  CHECK(process_table(sample(), kNow).render(Format::table, true) ==
        "HOST  PID  PPID  STATE   CPU   MEMORY  STARTED                   ROLE        DURATION  COMMAND\n"
        "a      10     1  S      1.5s  1.0 MiB  2023-11-14T22:13:20.250Z  broker             -  forkmill-broker\n"
        "b      20     1  S        0s  2.0 KiB  -                         supervisor         -  worker w1\n"
        "b      21    20  R        0s      0 B  -                         link               -  link\n"
        "b      22    20  R        0s      0 B  -                         process          10s  t.echo read\\ner\n");
  const auto rows = Json::parse(process_table(sample(), kNow).render(Format::json, true));
  REQUIRE(rows.size() == 4);
  CHECK(rows[3]["task"] == "t.echo");
  CHECK(rows[3]["cpu_us"] == 0);
  CHECK(rows[0]["task"].is_null());
}

TEST_CASE("a tree shows processes like pstree") {
  CHECK(process_tree(sample(), kNow) ==
        "broker 10  S  1.5s  1.0 MiB  forkmill-broker  on a\n"
        "└─ b\n"
        "   └─ supervisor 20  S  0s  2.0 KiB  worker w1\n"
        "      ├─ link 21  R  0s  0 B  link\n"
        "      └─ process 22  R  0s  0 B  t.echo read\\ner  for 10s\n");
  CHECK(process_tree(Json::object(), kNow) == "broker\n");
}

TEST_CASE("two workers of one name on one host are two nodes of the tree") {
  const auto body = Json::parse(R"({"processes":[
    {"host":"b","worker":"w","session":1,"pid":20,"parent":1,"role":"supervisor","state":"S","command":"worker w"},
    {"host":"b","worker":"w","session":1,"pid":21,"parent":20,"role":"link","state":"S","command":"link"},
    {"host":"b","worker":"w","session":2,"pid":30,"parent":1,"role":"supervisor","state":"S","command":"worker w"},
    {"host":"b","worker":"w","session":2,"pid":31,"parent":30,"role":"link","state":"S","command":"link"}]})");
  CHECK(process_tree(body, kNow) ==
        "broker\n"
        "└─ b\n"
        "   ├─ supervisor 20  S  0s  0 B  worker w\n"
        "   │  └─ link 21  S  0s  0 B  link\n"
        "   └─ supervisor 30  S  0s  0 B  worker w\n"
        "      └─ link 31  S  0s  0 B  link\n");
}

}  // namespace
}  // namespace forkmill::cli::process_views_test

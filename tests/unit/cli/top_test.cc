// forkmill top: keys and answers of the broker go into its model, lines and orders come out.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/cli/top/model.h"
#include "client/cli/top/status.h"

namespace forkmill::cli::top_test {
namespace {

using Kind = TopKey::Kind;
using Style = TopLine::Style;

constexpr std::int64_t kNow = 1'700'000'000'000;

TopKey key(char32_t character) { return {Kind::character, character}; }

Json queue(const std::string& name, int ready, int workers, bool paused = false) {
  return {{"name", name},       {"ready", ready},  {"running", 1}, {"scheduled", 2}, {"oldest_ready_ms", 1500},
          {"workers", workers}, {"paused", paused}};
}

Json queues() { return {{"queues", Json::array({queue("beta", 5, 1), queue("alpha", 50, 2), queue("gamma", 7, 0)})}}; }

Json task(const std::string& id, const std::string& state) {
  return {{"id", id},
          {"seq", 1},
          {"queue", "alpha"},
          {"name", "mail.send"},
          {"state", state},
          {"attempt", 1},
          {"submitted_at_ms", kNow - 60'000},
          {"started_at_ms", kNow - 30'000},
          {"code", state == "failed" ? "handler_error" : ""},
          {"type", ""},
          {"message", state == "failed" ? "no such host" : ""}};
}

Json workers() {
  return {{"workers", Json::array({{{"name", "w1"},
                                    {"host", "node"},
                                    {"pid", 7},
                                    {"queues", {"alpha", "beta"}},
                                    {"children", 4},
                                    {"running", 3},
                                    {"finished", 90},
                                    {"lost", 1}}})}};
}

constexpr const char* kFirst = "01900000-0000-7000-8000-000000000001";
constexpr const char* kSecond = "01900000-0000-7000-8000-000000000002";

// The model, with answers to all that it wants to know.
struct User {
  TopModel model{"ipc:///run/forkmill"};
  Json all_queues = queues();
  Json all_tasks{{"tasks", Json::array({task(kFirst, "running"), task(kSecond, "failed")})}};
  std::int64_t now = kNow;

  User() {
    model.set_connected(true);
    answer();
  }
  void answer() {
    for (const auto& query : model.wanted()) model.told(query, answer_to(query), now);
  }
  Json answer_to(const Query& query) const {
    switch (query.kind) {
      case QueryKind::queues:
        return all_queues;
      case QueryKind::workers:
        return workers();
      case QueryKind::tasks:
        return all_tasks;
      case QueryKind::task:
        return task(query.argument, "running");
      default:
        return {{"epoch", 1},
                {"workers", 1},
                {"children", 4},
                {"uptime_ms", 5000},
                {"tasks", {{"ready", 5}, {"running", 1}, {"scheduled", 2}, {"succeeded", (now - kNow) / 100}}}};
    }
  }
  TopOrder press(const TopKey& pressed) {
    auto order = model.press(pressed);
    if (order.kind == TopOrder::Kind::refresh) answer();
    return order;
  }
  void type(const std::string& text) {
    for (const char c : text) press(key(static_cast<char32_t>(c)));
  }
  std::vector<std::string> lines(std::size_t width = 100, std::size_t height = 12) {
    std::vector<std::string> texts;
    for (const auto& line : model.draw(width, height)) texts.push_back(line.text);
    return texts;
  }
  std::string selected(std::size_t width = 100, std::size_t height = 12) {
    for (const auto& line : model.draw(width, height))
      if (line.style == Style::selected) return line.text;
    return {};
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the screen has the load, the queues, and a hint, and is as large as the terminal") {
  User user;
  const auto lines = user.lines();
  REQUIRE(lines.size() == 12);
  for (const auto& line : lines) CHECK(text_width(line) == 100);
  CHECK(has(lines[0], "ready 5  running 1"));
  CHECK(has(lines[1], "3 queues"));
  CHECK(has(lines[2], "QUEUE"));
  CHECK(has(lines[3], "beta"));
  CHECK(has(lines[4], "alpha"));
  CHECK(has(lines[11], "q quit"));
  user.now += 1000;
  user.answer();
  CHECK(has(user.lines()[0], "ends 10/s"));
}

TEST_CASE("keys of vi and arrows move the selection, which stays on its row when the rows change") {
  User user;
  CHECK(has(user.selected(), "beta"));
  user.press(key('j'));
  CHECK(has(user.selected(), "alpha"));
  user.press({Kind::down});
  user.press({Kind::down});
  CHECK(has(user.selected(), "gamma"));
  user.press(key('k'));
  CHECK(has(user.selected(), "alpha"));
  user.all_queues["queues"].insert(user.all_queues["queues"].begin(), queue("new", 1, 1));
  user.answer();
  CHECK(has(user.selected(), "alpha"));
  user.press(key('G'));
  CHECK(has(user.selected(), "gamma"));
  user.press(key('g'));
  CHECK(has(user.selected(), "new"));
  user.all_queues["queues"] = Json::array();
  user.answer();
  CHECK(user.selected().empty());
  CHECK(user.press({Kind::enter}).kind == TopOrder::Kind::none);
  user.press(key('j'));
  user.press({Kind::page_down});
}

TEST_CASE("a list that is longer than the screen scrolls with the selection") {
  User user;
  user.all_queues["queues"] = Json::array();
  for (int i = 0; i < 100; ++i) user.all_queues["queues"].push_back(queue("q" + std::to_string(i), i, 1));
  user.answer();
  user.lines();
  user.press({Kind::page_down});
  CHECK(has(user.selected(), "q8 "));
  user.press({Kind::end});
  CHECK(has(user.selected(), "q99"));
  CHECK(has(user.lines()[10], "q99"));
  user.press({Kind::page_up});
  CHECK(has(user.selected(), "q91"));
  user.press({Kind::home});
  CHECK(has(user.lines()[3], "q0"));
}

TEST_CASE("columns sort by size, by name, reversed, and as the broker has them") {
  User user;
  const auto first = [&] { return user.lines()[3]; };
  user.press(key('s'));
  CHECK(has(first(), "alpha"));
  CHECK(has(user.lines()[1], "by QUEUE"));
  user.press(key('s'));
  CHECK(has(first(), "alpha"));  // 50 are ready
  user.press(key('S'));
  CHECK(has(first(), "beta"));  // 5 are ready
  CHECK(has(user.lines()[1], "by READY, reversed"));
  for (int i = 0; i < 6; ++i) user.press(key('s'));
  CHECK(has(first(), "beta"));
  CHECK_FALSE(has(user.lines()[1], " by "));
}

TEST_CASE("a filter keeps rows with its text, in upper or lower case, while it is typed") {
  User user;
  user.press(key('/'));
  user.type("AL");
  CHECK(has(user.lines()[11], "/AL_"));
  CHECK(has(user.lines()[1], "1 of 3 queues, with \"AL\""));
  user.press({Kind::backspace});
  CHECK(has(user.lines()[1], "3 queues"));  // each has an "a"
  user.type("lpq");
  CHECK(has(user.lines()[1], "0 of 3 queues"));
  user.press({Kind::escape});
  CHECK(has(user.lines()[1], "3 queues"));
  user.press(key('/'));
  user.type("q");
  user.press({Kind::enter});
  CHECK(user.press(key('r')).kind == TopOrder::Kind::refresh);  // keys are orders again
  CHECK(has(user.lines()[1], "0 of 3 queues, with \"q\""));
}

TEST_CASE("from a queue to its tasks, to one task, and back") {
  User user;
  user.press(key('j'));
  CHECK(user.press({Kind::enter}).kind == TopOrder::Kind::refresh);
  CHECK(user.model.wanted()[1].filter.queue == "alpha");
  CHECK(has(user.lines()[1], "alpha: 2 tasks"));
  CHECK(has(user.lines()[3], kFirst));
  user.press(key('j'));
  user.press(key('l'));
  CHECK(user.model.wanted()[1].argument == kSecond);
  CHECK(has(user.lines()[1], std::string{"task "} + kSecond));
  CHECK(user.press({Kind::enter}).kind == TopOrder::Kind::none);
  user.press(key('h'));
  CHECK(has(user.selected(), kSecond));
  user.press({Kind::escape});
  CHECK(has(user.selected(), "alpha"));
  CHECK(user.press({Kind::escape}).kind == TopOrder::Kind::none);
}

TEST_CASE("a list of tasks of which the broker gives a part at a time is shown as one") {
  User user;
  user.press({Kind::enter});
  const auto part = [](const char* id, std::uint64_t next) {
    return Json{{"tasks", id == nullptr ? Json::array() : Json::array({task(id, "ready")})}, {"next", next}};
  };
  const auto refresh = [&] { return user.model.wanted()[1]; };
  const auto first = refresh();
  const auto more = user.model.told(first, part(kFirst, 7), kNow);
  REQUIRE(more.has_value());
  CHECK(more->filter.before == 7);
  CHECK(more->filter.queue == first.filter.queue);
  CHECK(user.model.wanted().size() == 1);  // a list that takes long is not begun again
  CHECK(has(user.lines()[1], "2 tasks"));  // the list of before stays meanwhile
  CHECK_FALSE(user.model.told(*more, part(kSecond, 0), kNow).has_value());
  CHECK(has(user.lines()[1], "2 tasks"));
  CHECK_FALSE(user.model.told(*more, part(kSecond, 0), kNow).has_value());  // comes too late
  CHECK(has(user.lines()[1], "2 tasks"));
  // A search that finds nothing for long ends, and says so.
  auto asked = user.model.told(refresh(), part(kFirst, 1000), kNow);
  int parts = 1;
  for (std::uint64_t next = 999; asked; --next, ++parts) {
    REQUIRE(parts < 100);
    asked = user.model.told(*asked, part(nullptr, next), kNow);
  }
  CHECK(has(user.lines()[1], "1 tasks among the newest"));
  // A refusal ends it, and so does a look at another page, for which its answers are not.
  const auto refused = user.model.told(refresh(), part(kFirst, 7), kNow);
  REQUIRE(refused.has_value());
  user.model.failed(*refused, "no");
  REQUIRE(user.model.told(refresh(), part(kFirst, 7), kNow).has_value());
  user.press(key('l'));
  user.press(key('h'));
  CHECK(user.model.wanted().size() == 2);
}

TEST_CASE("answers to questions that are not asked any more are dropped, and refusals are shown") {
  User user;
  const auto asked = user.model.wanted()[1];
  user.press(key('3'));
  user.model.told(asked, queues(), kNow);
  CHECK(has(user.lines()[3], "w1"));
  user.press(key('1'));
  user.press({Kind::enter});
  user.press({Kind::enter});
  user.model.failed(user.model.wanted()[1], "no task has this id");
  CHECK(has(user.lines()[2], "no task has this id"));
}

TEST_CASE("a task is cancelled when that is confirmed") {
  User user;
  user.press(key('x'));
  CHECK(has(user.lines()[11], "select a task"));
  user.press(key('2'));
  user.press(key('j'));
  user.press(key('x'));
  CHECK(has(user.lines()[11], "Cancel task 01900000"));
  CHECK(user.press(key('n')).kind == TopOrder::Kind::none);
  CHECK(has(user.lines()[11], "nothing was done"));
  user.press(key('x'));
  const auto order = user.press(key('y'));
  CHECK(order.kind == TopOrder::Kind::cancel_task);
  CHECK(order.target == kSecond);
  CHECK(user.press(key('y')).kind == TopOrder::Kind::none);  // once
  user.press({Kind::enter});
  user.press(key('x'));
  CHECK(user.press(key('Y')).target == kSecond);
  user.model.say("the task was cancelled");
  CHECK(has(user.lines()[11], "the task was cancelled"));
}

TEST_CASE("a worker is drained when that is confirmed") {
  User user;
  user.press(key('d'));
  CHECK(has(user.lines()[11], "select a worker"));
  user.press({Kind::tab});
  CHECK(has(user.selected(), "alpha,beta"));
  user.press(key('d'));
  CHECK(has(user.lines()[11], "Drain worker w1? y/N"));
  CHECK(user.press({Kind::enter}).kind == TopOrder::Kind::none);
  user.press(key('d'));
  const auto order = user.press(key('y'));
  CHECK(order.kind == TopOrder::Kind::drain_worker);
  CHECK(order.target == "w1");
}

TEST_CASE("names cannot control the terminal") {
  User user;
  user.all_queues["queues"] = Json::array({queue("evil\x1b[31m\xc2\x9b", 1, 1)});
  user.answer();
  for (const auto& line : user.lines()) {
    CHECK_FALSE(has(line, "\x1b"));
    CHECK_FALSE(has(line, "\xc2\x9b"));
  }
  user.press({Kind::enter});
  for (const auto& line : user.lines()) CHECK_FALSE(has(line, "\x1b"));
  user.press(key('/'));
  user.press(key(0x9b));
  for (const auto& line : user.lines()) CHECK_FALSE(has(line, "\xc2\x9b"));
  user.model.say("bad\x1b]0;title");
  for (const auto& line : user.lines()) CHECK_FALSE(has(line, "\x1b"));
}

TEST_CASE("a broker that is away is said so, and its last answers stay") {
  User user;
  user.model.set_connected(false);
  CHECK(has(user.lines()[0], "reconnecting to ipc:///run/forkmill"));
  CHECK(user.model.draw(100, 12)[0].style == Style::alert);
  CHECK(has(user.lines()[4], "alpha"));
  user.model.set_connected(true);
  CHECK(has(user.lines()[0], "ready 5"));
}

TEST_CASE("queues that nothing serves and paused ones stand out") {
  User user;
  user.all_queues["queues"] = Json::array({queue("fine", 1, 1), queue("stuck", 1, 0), queue("paused", 0, 1, true)});
  user.answer();
  const auto lines = user.model.draw(100, 12);
  CHECK(lines[4].style == Style::alert);
  CHECK(lines[5].style == Style::alert);
}

TEST_CASE("the smallest terminal has the load, two rows and a prompt, and smaller ones say what they need") {
  User user;
  const auto lines = user.lines(20, 5);
  REQUIRE(lines.size() == 5);
  for (const auto& line : lines) CHECK(text_width(line) == 20);
  CHECK(has(lines[0], "ready 5"));
  CHECK(has(lines[1], "QUEUE"));
  CHECK(has(lines[2], "beta"));
  CHECK(has(lines[4], "q:quit"));
  user.press(key('G'));
  CHECK(has(user.selected(20, 5), "gamma"));
  CHECK(has(user.lines(19, 5)[0], "too small"));
  CHECK(user.lines(3, 2).size() == 2);
  CHECK(text_width(user.lines(3, 2)[0]) == 3);
  CHECK(user.lines(0, 0).empty());
  CHECK(user.lines(1, 1)[0].size() <= 3);
  CHECK(user.lines(300, 100).size() == 100);
}

TEST_CASE("columns that have no room are left out, the least important first") {
  const auto grid = queue_grid(queues());
  CHECK(has(grid_lines(grid, 100)[0], "STATE"));
  const auto narrow = grid_lines(grid, 30)[0];
  CHECK(has(narrow, "QUEUE"));
  CHECK(has(narrow, "READY"));
  CHECK_FALSE(has(narrow, "STATE"));
  CHECK(text_width(grid_lines(grid, 4)[1]) == 4);
}

TEST_CASE("texts are cut and filled to a width, by characters") {
  CHECK(fitted("abc", 5) == "abc  ");
  CHECK(fitted("abc", 5, true) == "  abc");
  CHECK(fitted("abc", 3) == "abc");
  CHECK(fitted("abcd", 3) == "ab…");
  CHECK(fitted("äöüß", 3) == "äö…");
  CHECK(fitted("äöü", 3) == "äöü");
  CHECK(fitted("abc", 1) == "…");
  CHECK(fitted("abc", 0).empty());
}

TEST_CASE("help is shown until a key is pressed, and q quits") {
  User user;
  user.press(key('?'));
  CHECK(has(user.lines(100, 20)[2], "select a row"));
  CHECK(user.press(key('q')).kind == TopOrder::Kind::none);
  CHECK(has(user.lines()[3], "beta"));
  CHECK(user.press(key('q')).kind == TopOrder::Kind::quit);
}

TEST_CASE("the first line counts the shards of a cluster, and the brokers that have them") {
  TopStatus status{"tcp://a:7117"};
  status.told(Json::parse(R"({"tasks":{},"shards":[{"shard":1,"broker":"tcp://a:7117"},
    {"shard":2,"broker":"tcp://b:7117"},{"shard":3,"broker":"tcp://a:7117"}]})"),
              kNow);
  CHECK(status.text().find("  shards 3 on 2 brokers  ") != std::string::npos);
  status.told(Json::parse(R"({"tasks":{}})"), kNow);
  CHECK(status.text().find("shards") == std::string::npos);
}

}  // namespace forkmill::cli::top_test

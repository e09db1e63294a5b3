// chaos-client: submits the ring's load, uses its named objects, and keeps a journal of all that it sees. It reads
// commands from stdin, one per line:
//
//     wave N   submits N tasks at once, and prints "accepted" to stdout when the broker has accepted them
//     calm     ends the load; the program ends when all that it asked for has ended
//
// With --sweep it only reads what is left in named objects, and fails if anything else is left at the broker.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/chaos/client_load.h"
#include "tests/chaos/client_objects.h"
#include "tests/eventually.h"
#include "tests/leftovers.h"

namespace {

using namespace forkmill;
using namespace forkmill::chaos;
using namespace std::chrono_literals;

struct Arguments {
  std::string endpoint;
  std::string name;
  std::string folder;
  std::string journal;
  std::string predecessor;  // journal of a killed client, to whose open tasks this client attaches
  std::uint64_t seed = 1;
  int pace = 40;           // milliseconds between two steps
  bool durable = false;    // tasks are kept on disk
  bool spread = false;     // a part of them goes to all shards
  std::int64_t sweep = 0;  // microseconds: reads the objects of all periods since then; 0: no sweep
};

// Lines from stdin, read without blocking. The end of stdin counts as a line "calm".
class Commands {
 public:
  // Blocks until there is input, or for `at_most`. False: there is none.
  static bool wait(std::chrono::milliseconds at_most) {
    pollfd door{STDIN_FILENO, POLLIN, 0};
    return ::poll(&door, 1, static_cast<int>(at_most.count())) == 1;
  }
  std::optional<std::string> next() {
    fill();
    const auto end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

 private:
  void fill() {
    if (!wait(std::chrono::milliseconds{0})) return;
    char bytes[256];
    const auto size = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (size > 0) text_.append(bytes, static_cast<std::size_t>(size));
    if (size == 0) text_ += "calm\n";
  }
  std::string text_;
};

// Returns the tasks whose end is not in the journal of a killed client.
std::vector<TaskId> left_open(const std::string& path) {
  std::map<std::string, TaskId, std::less<>> open;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    const std::string_view text{line};
    const auto words = Entry{0, 0, text.substr(std::min(text.find(' ') + 1, text.size()))}.split();
    if (words.size() < 3) continue;
    if (words[0] == "S" || words[0] == "H") {
      if (const auto id = TaskId::parse(words[2])) open.emplace(words[1], *id);
    } else if (words[0] == "T") {
      if (const auto found = open.find(words[1]); found != open.end()) open.erase(found);
    }
  }
  std::vector<TaskId> ids;
  ids.reserve(open.size());
  for (const auto& [number, id] : open) ids.push_back(id);
  return ids;
}

class Program {
 public:
  explicit Program(const Arguments& arguments)
      : arguments_{arguments},
        journal_{arguments.journal},
        client_{options()},
        load_{client_, journal_, arguments.seed, arguments.folder + "/ids", {arguments.durable, arguments.spread}} {}

  void sweep() {
    ObjectLoad{client_, journal_, arguments_.seed, arguments_.name, arguments_.folder}.read_rest(arguments_.sweep);
    journal_.append("Q");
    audit();
  }

  void run() {
    for (const TaskId& id : left_open(arguments_.predecessor)) load_.attach(id);
    std::jthread first{[this](const std::stop_token& stop) { use_objects(stop, 1); }};
    std::jthread second{[this](const std::stop_token& stop) { use_objects(stop, 2); }};
    while (!calm_) {
      obey();
      load_.step();
      load_.look();
      commands_.wait(std::chrono::milliseconds{arguments_.pace});
    }
    first.request_stop();
    second.request_stop();
    while (load_.outstanding() > 0) {
      load_.look();
      load_.wait(20ms);
    }
    first.join();
    second.join();
    client_.close();
    journal_.append("Q");
  }

 private:
  // Waits until nothing is left at the broker but named objects that no client uses. Tasks of clients that were killed
  // still run for a while, and a session that has fallen silent ends after its timeout.
  void audit() {
    std::string left;
    const auto is_clean = [&] {
      left = without_owner(tests::leftovers(client_));
      return left.empty();
    };
    if (!tests::eventually(is_clean))
      throw std::runtime_error{"left at the broker, although all clients have ended:\n" + left};
  }

  // Returns the lines but those of named objects that are free. An object without a name is shown by one with a colon.
  static std::string without_owner(const std::string& lines) {
    std::istringstream all{lines};
    std::string left;
    for (std::string line; std::getline(all, line);) {
      const bool free = line.ends_with(", held 0, waiting 0");
      if (!free || line.find(':') != std::string::npos) left += line + "\n";
    }
    return left;
  }

  ClientOptions options() const {
    ClientOptions made;
    made.endpoint = arguments_.endpoint;
    made.name = arguments_.name;
    return made;
  }

  void obey() {
    while (const auto command = commands_.next()) {
      if (*command == "calm") calm_ = true;
      if (command->starts_with("wave ")) {
        load_.wave(static_cast<int>(number_in(std::string_view{*command}.substr(5))), 4s);
        wave_ = true;
      }
    }
    if (!wave_ || !load_.wave_accepted()) return;
    wave_ = false;
    if (::write(STDOUT_FILENO, "accepted\n", 9) < 0) throw std::runtime_error{"the ring does not read stdout any more"};
  }

  void use_objects(const std::stop_token& stop, std::uint64_t number) {
    ObjectLoad objects{client_, journal_, arguments_.seed * 3 + number, arguments_.name + "." + std::to_string(number),
                       arguments_.folder};
    do {
      objects.step();
    } while (!tests::stopped_within(stop, 10ms));
  }

  const Arguments arguments_;
  Commands commands_;
  Journal journal_;
  Client client_;
  Load load_;
  bool wave_ = false;
  bool calm_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"A client of the chaos ring."};
  app.add_option("--endpoint", arguments.endpoint)->required();
  app.add_option("--name", arguments.name, "Name of this life of the client, such as client-1.2")->required();
  app.add_option("--folder", arguments.folder)->required();
  app.add_option("--journal", arguments.journal)->required();
  app.add_option("--predecessor", arguments.predecessor);
  app.add_option("--seed", arguments.seed);
  app.add_option("--pace", arguments.pace);
  app.add_option("--sweep", arguments.sweep);
  app.add_flag("--durable", arguments.durable);
  app.add_flag("--spread", arguments.spread, "Submits a part of the tasks to a queue on all shards");
  CLI11_PARSE(app, argc, argv);
  try {
    Program program{arguments};
    arguments.sweep != 0 ? program.sweep() : program.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos-client: %s\n", error.what());
    return 1;
  }
  return 0;
}

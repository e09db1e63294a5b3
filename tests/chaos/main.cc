// forkmill_chaos: runs real programs under mixed load and every kind of fault, then checks what they have recorded in
// their journals. See README.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <system_error>

#include "tests/chaos/checker.h"
#include "tests/chaos/cluster.h"
#include "tests/chaos/failovers.h"
#include "tests/chaos/faults.h"
#include "tests/chaos/soak.h"

namespace {

using namespace forkmill::chaos;

struct Arguments {
  double minutes = 2;
  std::uint64_t seed = 0;
  std::int64_t mean_pause_ms = 2300;
  int patience = 180;  // seconds until everything must have ended after the faults
  bool keep = false;
  bool cluster = false;
  std::size_t shards = 1;
  std::size_t failovers = 0;  // played and measured instead of faults; 0: none
  bool hostile = false;
  std::int64_t speed = 1;  // pace of the wall clocks
  std::string check;
};

constexpr std::int64_t kSecond = 1'000'000;

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

std::string make_folder() {
  std::string path = std::filesystem::temp_directory_path() / "forkmill-chaos-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw std::system_error{errno, std::generic_category(), path};
  return path;
}

void print(const Verdict& verdict) {
  const auto& counts = verdict.counts;
  std::printf(
      "\nsubmissions %llu, acknowledged %llu, succeeded %llu, failed as allowed %llu, unknown because their client "
      "was killed %llu, kept in memory and lost with the broker %llu; executions %llu, of which repeated %llu; "
      "operations on named objects %llu\n",
      static_cast<unsigned long long>(counts.submitted), static_cast<unsigned long long>(counts.acknowledged),
      static_cast<unsigned long long>(counts.succeeded), static_cast<unsigned long long>(counts.failed),
      static_cast<unsigned long long>(counts.unknown), static_cast<unsigned long long>(counts.lost),
      static_cast<unsigned long long>(counts.executions), static_cast<unsigned long long>(counts.repeated),
      static_cast<unsigned long long>(verdict.operations));
  std::printf("| lost | double | hung | other violations |\n|---|---|---|---|\n| %llu | %llu | %llu | %llu |\n",
              static_cast<unsigned long long>(verdict.lost), static_cast<unsigned long long>(verdict.doubled),
              static_cast<unsigned long long>(verdict.hung), static_cast<unsigned long long>(verdict.others));
  for (const auto& text : verdict.violations) say("VIOLATION: " + text);
}

class Ring {
 public:
  Ring(const Arguments& arguments, const std::string& folder, bool isolated)
      : arguments_{arguments},
        cluster_{folder, isolated, arguments.seed, setup_of(arguments)},
        faults_{cluster_, arguments.seed, arguments.mean_pause_ms * 1000},
        soak_{cluster_, arguments.minutes, arguments.speed, say},
        failovers_{cluster_, arguments.seed, arguments.failovers} {}

  // False: a signal asked for an end, so there is nothing to judge.
  bool play() {
    disturb();
    cluster_.end_hostile();
    if (asked_to_end()) return false;
    // Work that was put off by a clock that was set back is due now, once a broker has started with this clock.
    constexpr std::int64_t kBeyond = 3600;
    cluster_.set_clock(cluster_.clock() + kBeyond);
    cluster_.journal().append("J");
    constexpr std::int64_t kSettle = 5 * kSecond;
    go_on(
        kSettle, [] { return false; }, false);
    cluster_.excuse_broker(now_us() + kSettle);
    cluster_.broker().signal(SIGTERM);
    cluster_.calm();
    const auto from = now_us();
    calm_ = go_on(
        arguments_.patience * kSecond, [this] { return cluster_.clients_ended(); }, false);
    say("calm: " + std::string{calm_ ? "everything had ended after " : "NOT everything had ended after "} +
        std::to_string((now_us() - from) / kSecond) + " s");
    if (asked_to_end()) return false;
    swept_ = calm_ && cluster_.sweep(arguments_.patience);
    if (calm_ && !swept_)
      say("named objects could NOT all be read, or something else was left at the broker; see sweep.log");
    cluster_.stop();
    return true;
  }

  // Checks the journals and prints the verdict. True: all is well.
  bool judge() {
    const Journals journals{cluster_.folder()};
    Checker checker{journals};
    const Verdict verdict = checker.check();
    say("");
    arguments_.failovers > 0 ? print_failovers(verdict) : print_faults();
    if (Database* database = cluster_.database())
      say("takeovers by another broker " + std::to_string(cluster_.brokers().takeovers()) +
          ", failovers of the database " + std::to_string(database->failovers()));
    print(verdict);
    if (verdict.counts.submitted == 0) say("TROUBLE: nothing was submitted");
    for (const auto& text : cluster_.troubles()) say("TROUBLE: " + text);
    return calm_ && swept_ && verdict.good() && verdict.counts.submitted > 0 && cluster_.troubles().empty();
  }

 private:
  static Cluster::Setup setup_of(const Arguments& arguments) {
    constexpr double kMinutes = 0.12;  // that a failover takes
    const double minutes =
        arguments.failovers > 0 ? kMinutes * static_cast<double>(arguments.failovers) : arguments.minutes;
    return {pace(minutes), arguments.cluster ? 3U : 1U, arguments.shards, arguments.hostile, arguments.speed};
  }

  void disturb() {
    if (arguments_.failovers > 0) {
      failovers_.play();
      return;
    }
    go_on(
        static_cast<std::int64_t>(arguments_.minutes * 60) * kSecond, [] { return false; }, true);
    faults_.stop();
  }

  // The verdict needs two kilobytes of memory per task, so clients of a long run submit more slowly.
  static std::chrono::milliseconds pace(double minutes) {
    constexpr double kFull = 8;
    return std::chrono::milliseconds{static_cast<int>(40 * std::max(1.0, minutes / kFull))};
  }

  template <class F>
  bool go_on(std::int64_t how_long, F&& until, bool with_faults) {
    const auto end = now_us() + how_long;
    while (now_us() < end && !asked_to_end()) {
      cluster_.tend();
      if (with_faults) faults_.tick();
      if (with_faults) soak_.tick(faults_.count());
      if (until()) return true;
      with_faults ? cluster_.wait(std::min(end, faults_.due()), faults_.signs()) : cluster_.wait(end);
    }
    return false;
  }

  void print_failovers(const Verdict& verdict) const {
    say(failovers_.table() + "\n" + failovers_.summary() + ", lost " + std::to_string(verdict.lost) + ", double " +
        std::to_string(verdict.doubled));
  }

  void print_faults() const {
    say("| fault | times |\n|---|---|");
    for (const Fault& fault : faults_.all())
      say("| " + fault.name + " | " +
          (fault.impossible.empty() ? std::to_string(fault.times) : "not possible here: " + fault.impossible) + " |");
  }

  const Arguments arguments_;
  Cluster cluster_;
  Faults faults_;
  Soak soak_;
  Failovers failovers_;
  bool calm_ = false;
  bool swept_ = false;
};

// Checks the journals of a run again.
int check(const std::string& folder) {
  const Journals journals{folder};
  const Verdict verdict = Checker{journals}.check();
  if (verdict.counts.submitted == 0) {
    say("chaos: no client has written a journal in " + folder);
    return 1;
  }
  print(verdict);
  return verdict.good() ? 0 : 1;
}

int run(const Arguments& arguments, bool isolated) {
  constexpr int kInterrupted = 130;
  const std::string folder = make_folder();
  say("seed " + std::to_string(arguments.seed) + ", " + folder +
      (isolated ? "" : "; not isolated: isolation needs root"));
  bool good = false;
  bool interrupted = false;
  try {
    Ring ring{arguments, folder, isolated};
    interrupted = !ring.play();
    good = !interrupted && ring.judge();
  } catch (const std::exception& error) {
    say(std::string{"chaos: "} + error.what());
  }
  std::error_code ignored;
  if (good || interrupted) {
    unmount_disk(folder + "/data");
    if (!arguments.keep) std::filesystem::remove_all(folder, ignored);
    return good ? 0 : kInterrupted;
  }
  say("FAILED; seed " + std::to_string(arguments.seed) + "; logs and journals are in " + folder);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Runs forkmill under mixed load and every kind of fault, and checks what it guarantees."};
  app.add_option("--minutes", arguments.minutes, "How long faults are injected, in minutes")
      ->check(CLI::Validator{[](const std::string& text) {
                               double minutes = 0;
                               const bool fits =
                                   CLI::detail::lexical_cast(text, minutes) && minutes > 0 && minutes < 1e5;
                               return fits ? std::string{} : "must be above 0 and below 100000";
                             },
                             "above 0"})
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "Seed of the load and of the faults; 0: a random seed");
  app.add_option("--pause", arguments.mean_pause_ms, "Milliseconds from one fault to the next, on average")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  app.add_option("--patience", arguments.patience, "Seconds until everything must have ended after the last fault")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_flag("--cluster", arguments.cluster,
               "Run three brokers on a PostgreSQL database with a synchronous standby, with more faults");
  app.add_option("--shards", arguments.shards, "With --cluster: into how many shards the tasks are divided")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--failovers", arguments.failovers,
                 "With --cluster: instead of faults, let owners and servers fail so often, one after the other, and "
                 "measure how long it takes until a waiting future has its result")
      ->check(CLI::Range(1, 100'000));
  app.add_flag("--hostile", arguments.hostile,
               "Let hostile peers flood the broker meanwhile: HELLO storms, garbage, slow and never-reading peers and, "
               "where there are keys, names and tasks over their quota, and claims of the tasks of others");
  app.add_option("--speed", arguments.speed,
                 "Let the wall clocks of all programs run this many times as fast: 60 for an hour in each minute")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_flag("--keep", arguments.keep, "Keep logs and journals even if all is well");
  app.add_option("--check", arguments.check, "Only check the journals of this folder again")
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (arguments.shards > 1 && !arguments.cluster) {
    std::fprintf(stderr, "chaos: --shards needs --cluster: only a database has several shards\n");
    return 2;
  }
  if (arguments.failovers > 0 && !arguments.cluster) {
    std::fprintf(stderr, "chaos: --failovers needs --cluster: a broker with a data directory has no successor\n");
    return 2;
  }
  if (arguments.failovers > 0 && app.count("--minutes") > 0) {
    std::fprintf(stderr, "chaos: --failovers and --minutes exclude each other: a run ends with the last failover\n");
    return 2;
  }
  try {
    if (!arguments.check.empty()) return check(arguments.check);
    if (arguments.seed == 0) arguments.seed = std::random_device{}();
    return run_isolated([&](bool isolated) { return run(arguments, isolated); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return 1;
  }
}

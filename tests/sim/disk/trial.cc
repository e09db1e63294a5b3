#include "tests/sim/disk/trial.h"

#include <sqlite3.h>

#include <cstdio>
#include <optional>

#include "broker/store/sqlite/maintenance.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/sqlite_store.h"
#include "tests/sim/disk/author.h"

namespace forkmill::sim {

using namespace broker;

namespace {

const std::string kPlace = "/disk";  // all that is there can be lost
const std::string kDirectory = kPlace + "/data";
const std::string kCopies = kPlace + "/copies";
const std::string kDatabase = kDirectory + "/forkmill.db";
const std::string kJournal = kDatabase + "-wal";

// What this seed's life is like.
struct Fate {
  std::uint64_t lives = 3;
  std::uint64_t steps = 20;  // of each life, at most
  std::uint64_t batch = 1;   // changes at a time, at most
  std::uint64_t checkpoint_bytes = 1 << 20;
  double stops = 0;  // lives that end in the middle of an operation
  double power = 0;  // ends that take the machine along
  DiskErrors errors;
  bool cramped = false;
  double damage = 0;   // ends after which something is changed at rest
  double backups = 0;  // steps
};

double sometimes(Random& random, double most) { return random.chance(0.5) ? most * random.unit() : 0; }

Fate draw_fate(Random& random) {
  Fate fate;
  fate.lives = random.between(2, 7);
  fate.steps = random.between(5, 60);
  fate.batch = random.between(1, 25);
  constexpr std::uint64_t kCheckpoints[] = {1, 16 << 10, 128 << 10, 2 << 20};
  fate.checkpoint_bytes = kCheckpoints[random.below(4)];
  fate.stops = sometimes(random, 1);
  fate.power = random.unit();
  if (random.chance(0.5)) {
    fate.errors.read = sometimes(random, 0.02);
    fate.errors.write = sometimes(random, 0.02);
    fate.errors.sync = sometimes(random, 0.1);
    fate.errors.name = sometimes(random, 0.03);
  }
  fate.cramped = random.chance(0.15);
  fate.damage = random.chance(0.3) ? random.unit() : 0;
  fate.backups = sometimes(random, 0.05);
  return fate;
}

DiskManners draw_manners(Random& random) {
  DiskManners manners;
  manners.names_in_order = random.chance(0.5);
  manners.sync_takes_name = random.chance(0.5);
  manners.forgets_on_failure = random.chance(0.3);
  return manners;
}

class Trial {
 public:
  Trial(std::uint64_t seed, const Mutant* mutant, bool verbose)
      : random_{seed * 0x9E3779B97F4A7C15ULL + 7},
        mutant_{mutant},
        verbose_{verbose},
        fate_{draw_fate(random_)},
        disk_{random_.next(), draw_manners(random_)},
        author_{random_} {
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 1'000'000'007) + 1, nullptr);
    disk_.set_verbose(verbose);
    disk_.make_directory(kPlace);
    disk_.make_directory(kCopies);
    disk_.sync("/");
    disk_.sync(kPlace);
    if (mutant_ != nullptr) disk_.lies = mutant_->lies;
  }

  TrialReport run() {
    for (std::uint64_t life = 0; life < fate_.lives && !over_; ++life) {
      begin_faults();
      if (open()) live();
      end();
    }
    if (!over_) finish();
    return {disk_.hash(), counts_};
  }

 private:
  void say(const std::string& text) const {
    if (verbose_) std::printf("  %s\n", text.c_str());
  }

  // Of this life.
  void begin_faults() {
    const bool careful = random_.chance(0.3);
    disk_.errors = careful ? DiskErrors{} : fate_.errors;
    if (random_.chance(fate_.stops)) disk_.stop_after(random_.below(random_.chance(0.3) ? 60 : 600));
    disk_.set_capacity(fate_.cramped ? disk_.used() + random_.below(400'000) : 1ULL << 30);
    failed_before_ = disk_.failed();
  }
  void end_faults() {
    disk_.errors = {};
    disk_.run_on();
    disk_.set_capacity(1ULL << 30);
    failed_before_ = disk_.failed();
  }

  // Whether a store may fail now.
  bool excused() const { return damaged_ || disk_.stopped() || disk_.failed() > failed_before_; }

  void accept(const proto::Failure& failure) {
    say("refuses: " + failure.text);
    ++counts_.failures;
    if (!excused()) throw Wrong{"without a reason: " + failure.text};
    if (failure.text.find(kPlace) == std::string::npos) throw Wrong{"does not say where: " + failure.text};
  }

  // It has failed, and must not be asked again.
  void check_it_stopped(const proto::Failure& failure) {
    const std::uint64_t operations = disk_.operations();
    const StoreOp op = author_.write(model_.now());
    const auto again = store_->apply({&op, 1});
    const auto commit = store_->commit(next_number());
    if (again.ok() || again.failure().text != failure.text || commit.ok() || disk_.operations() != operations)
      throw Wrong{"goes on after a failure: " + failure.text};
  }

  proto::CommitSeq next_number() { return proto::CommitSeq{last_.value() + random_.between(1, 3)}; }

  std::unique_ptr<Store> make_store() {
    const std::string id = "store-" + std::to_string(++made_);
    std::unique_ptr<Store> store =
        std::make_unique<SqliteStore>(SqliteOptions{kDirectory, id, fate_.checkpoint_bytes, &disk_});
    if (mutant_ != nullptr && mutant_->wrap) store = mutant_->wrap(std::move(store));
    return store;
  }

  // Each opening leaves out as many. One that failed may have, and the first one need not.
  void check_numbers(std::uint64_t highest, std::uint64_t said) const {
    const std::uint64_t openings = (said - highest) / Store::kLeftOut;
    if (said < highest || (said - highest) % Store::kLeftOut != 0 || openings > failed_openings_ + 1 ||
        openings < (opened_ ? 1 : 0))
      throw Wrong{"the highest number was " + std::to_string(highest) + ", it says " + std::to_string(said)};
  }

  // False: it does not open, and need not.
  bool open() {
    store_ = make_store();
    say("opens");
    const auto identity = store_->open();
    if (!identity.ok()) {
      // Left of a first start that failed, and of a power cut: it may be somebody else's.
      const bool stillborn = id_.empty() && disk_.failed() > 0;
      over_ = stillborn && identity.failure().text.find("is not a database") != std::string::npos;
      if (!over_) accept(identity.failure());
      ++failed_openings_;
      return false;
    }
    ++counts_.openings;
    check_identity(identity.value());
    const StoreState expected = model_.at(identity->last);
    check_numbers(expected.last_seq.value(), identity->last_seq.value());
    ++failed_openings_;
    if (!compare(expected)) return false;
    model_.go_on_from(identity->last, identity->last_seq);
    failed_openings_ = 0;
    opened_ = true;
    acknowledged_ = last_ = identity->last;
    head_behind_ = false;
    return true;
  }

  void check_identity(const Store::Identity& identity) {
    say("epoch " + std::to_string(identity.epoch.value()) + ", commit " + std::to_string(identity.last.value()) +
        ", acknowledged were " + std::to_string(acknowledged_.value()));
    if (id_.empty()) id_ = identity.id;
    if (identity.id != id_) throw Wrong{"another store is there: " + identity.id + " in place of " + id_};
    if (identity.epoch <= epoch_) throw Wrong{"the epoch has not risen"};
    epoch_ = identity.epoch;
    if (identity.last < acknowledged_)
      throw Wrong{"commit " + std::to_string(acknowledged_.value()) + " was acknowledged, and the last one there is " +
                  std::to_string(identity.last.value())};
    if (!model_.knows(identity.last)) throw Wrong{"nobody made commit " + std::to_string(identity.last.value())};
  }

  // False: the store failed, and may.
  bool compare(const StoreState& expected) {
    proto::Status status;
    const std::string text = difference(expected, *store_, status);
    if (!text.empty()) throw Wrong{text};
    return !failed(status);
  }

  bool failed(const proto::Status& status) {
    if (status.ok()) return false;
    accept(status.failure());
    check_it_stopped(status.failure());
    return true;
  }

  void live() {
    for (std::uint64_t step = random_.below(fate_.steps + 1); step > 0; --step)
      if (!take_step()) return;
  }

  bool take_step() {
    if (random_.chance(fate_.backups) && !back_up()) return false;
    const std::uint64_t what = random_.below(20);
    if (what == 0) return prepare();
    if (what < 11) return apply();
    if (what < 17) return commit();
    if (what < 19) return fetch();
    return compare(model_.now());
  }

  bool apply() {
    std::vector<StoreOp> ops;
    for (std::uint64_t count = random_.between(1, fate_.batch); count > 0; --count) {
      ops.push_back(author_.write(model_.now()));
      model_.apply(ops.back());
    }
    return !failed(store_->apply(ops));
  }

  bool commit() {
    last_ = next_number();
    say("commit " + std::to_string(last_.value()));
    model_.commit(last_);
    if (failed(store_->commit(last_))) return false;
    acknowledged_ = last_;
    ++counts_.commits;
    return true;
  }

  bool fetch() {
    std::vector<proto::TaskSeq> wanted;
    std::vector<StoredTask> expected;
    const auto& tasks = model_.now().tasks;
    const std::uint64_t near = author_.some_task(model_.now()).value();
    std::uint64_t at = near - random_.below(std::min<std::uint64_t>(near, 4));
    for (std::uint64_t count = random_.between(1, 12); count > 0; --count) {
      wanted.emplace_back(at);
      if (const auto found = tasks.find(proto::TaskSeq{at}); found != tasks.end()) expected.push_back(found->second);
      at += random_.chance(0.8) ? 1 : random_.between(1, 20);
    }
    std::vector<StoredTask> found;
    if (failed(store_->fetch(wanted, [&](StoredTask task) { found.push_back(std::move(task)); }))) return false;
    if (!(found == expected)) throw Wrong{"what was fetched differs"};
    return true;
  }

  bool prepare() {
    const auto more = store_->prepare();
    return more.ok() || !failed(more.failure());
  }

  // A copy, with commits between its steps. A copy that fails harms nobody. False: the store has failed.
  bool back_up() {
    const std::string path = kCopies + "/" + std::to_string(++made_);
    say("backup to " + path);
    if (!store_->begin_backup(path).ok()) return true;
    for (;;) {
      if (random_.chance(0.5) && !(apply() && commit())) return false;
      const auto done = store_->continue_backup();
      if (!done.ok()) return true;
      if (!done.value()) {
        if (model_.now().last_seq != model_.at(last_).last_seq && !commit()) return false;
        continue;
      }
      copies_.push_back({path, model_.at(acknowledged_)});
      return true;
    }
  }

  void end() {
    const bool orderly = !disk_.stopped() && random_.chance(0.4);
    if (!orderly && !disk_.stopped()) disk_.stop_after(0);
    say(orderly ? "ends in order" : "is killed");
    store_.reset();
    if (!orderly) ++counts_.kills;
    disk_.end_process();
    end_faults();
    if (random_.chance(fate_.power)) {
      say("power cut");
      ++counts_.power_cuts;
      disk_.cut_power();
      head_behind_ = true;
    } else if (!head_behind_ && random_.chance(fate_.damage)) {
      damage();
    }
    if (damaged_) copies_.clear();
    for (const Copy& copy : std::exchange(copies_, {})) check_copy(copy);
    if (damaged_ && !over_) find_way_out();
  }

  void finish() {
    end_faults();
    if (open()) {
      store_.reset();
      disk_.end_process();
      const auto report = check(kDirectory, disk_);
      if (!damaged_ && (!report.ok() || !report->findings.empty()))
        throw Wrong{"a check finds: " + (report.ok() ? report->findings.front() : report.failure().text)};
    }
  }

  struct Copy {
    std::string path;
    StoreState state;
  };
  void check_copy(const Copy& copy) {
    const std::string directory = copy.path + ".restored";
    const auto report = restore(copy.path, directory, "restored", disk_);
    if (!report.ok()) throw Wrong{"a backup cannot be restored: " + report.failure().text};
    SqliteStore store{SqliteOptions{directory, "unused", 1 << 20, &disk_}};
    if (const auto identity = store.open(); !identity.ok())
      throw Wrong{"a restored backup does not open: " + identity.failure().text};
    proto::Status status;
    const std::string text = difference(copy.state, store, status);
    if (!status.ok()) throw Wrong{"a restored backup cannot be read: " + status.failure().text};
    if (!text.empty()) throw Wrong{"a restored backup differs: " + text};
    ++counts_.backups;
  }

  // Up to where there is something: a journal is given its length in advance.
  std::uint64_t written(const std::string& path) const {
    const std::string bytes = disk_.contents(path);
    const auto last = bytes.find_last_not_of('\0');
    return last == std::string::npos ? bytes.size() : last + 1;
  }

  void damage() {
    if (mutant_ != nullptr && mutant_->sealed_damage) return change_a_row();
    std::vector<std::string> files;
    for (const std::string& path : disk_.files())
      if (path.starts_with(kDirectory) && disk_.size(path) > 0) files.push_back(path);
    if (files.empty()) return;
    const std::string path = random_.chance(0.4) && disk_.size(kJournal) > 0 ? kJournal : random_.pick(files);
    if (random_.chance(0.3) && path == kJournal) {
      disk_.cut_short(path, random_.below(written(path)));
    } else {
      for (std::uint64_t count = random_.between(1, 3); count > 0; --count)
        disk_.flip(path, random_.below(written(path) * 8));
    }
    damaged_ = true;
    ++counts_.damaged;
  }

  // Another payload and its checksum, where the row is: what a store would make of damage if it did not look.
  void change_a_row() {
    if (disk_.size(kDatabase) == 0) return;
    RowCoder coder;
    const std::string bytes = disk_.contents(kDatabase);
    for (const auto& [seq, task] : model_.now().tasks) {
      if (task.put.payload.empty()) continue;
      const std::string row{coder.encode(task.put)};
      const auto at = bytes.find(row);
      if (at == std::string::npos) continue;
      PutTask other = task.put;
      std::string payload{other.payload.view()};
      payload.back() = static_cast<char>(payload.back() ^ 1);
      other.payload = proto::Payload::own(std::move(payload));
      disk_.overwrite(kDatabase, at, coder.encode(other));
      damaged_ = true;
      ++counts_.damaged;
      return;
    }
  }

  // A directory that is damaged is refused, or as good as new; if it is refused, what the text proposes works.
  void find_way_out() {
    store_ = make_store();
    const auto identity = store_->open();
    proto::Status status;
    std::string text;
    if (identity.ok() && model_.knows(identity->last)) text = difference(model_.at(identity->last), *store_, status);
    if (!identity.ok()) status = identity.failure();
    store_.reset();
    disk_.end_process();
    if (status.ok()) {
      if (identity->last < acknowledged_) throw Wrong{"damage took acknowledged commits, and nothing is said"};
      if (!text.empty()) throw Wrong{"damage, and nothing is said: " + text};
      epoch_ = identity->epoch;
      ++failed_openings_;
      return;
    }
    accept(status.failure());
    ++counts_.refused;
    over_ = true;
    const std::string& advice = status.failure().text;
    if (advice.find("--accept-loss") != std::string::npos) return check_accepted_loss();
    if (advice.find("--quarantine") != std::string::npos) return check_quarantine();
    if (advice.find("restore a backup") == std::string::npos) throw Wrong{"no way out: " + advice};
  }

  void check_accepted_loss() {
    const auto report = accept_loss(kDirectory, "store-after-loss", disk_);
    if (!report.ok()) throw Wrong{"a loss cannot be accepted: " + report.failure().text};
    store_ = make_store();
    const auto identity = store_->open();
    if (!identity.ok()) throw Wrong{"refuses after a loss was accepted: " + identity.failure().text};
    if (identity->id == id_ || identity->epoch <= epoch_)
      throw Wrong{"a store that lost commits looks like the old one"};
    if (!model_.knows(report->commit)) throw Wrong{"nobody made the commit that is left"};
    proto::Status status;
    const std::string text = difference(model_.at(report->commit), *store_, status);
    if (!text.empty()) throw Wrong{"what is left is no state that there was: " + text};
    if (!status.ok()) accept(status.failure());
  }

  // What it leaves is part of what there was.
  void check_quarantine() {
    const auto report = quarantine(kDirectory, disk_);
    if (!report.ok()) return accept(report.failure());
    if (!report->strange.empty()) return;
    store_ = make_store();
    const auto identity = store_->open();
    if (!identity.ok()) throw Wrong{"refuses after a quarantine: " + identity.failure().text};
    const StoreState state = model_.at(identity->last);
    std::string text;
    const auto status = store_->scan(proto::TaskSeq{~0ULL}, [&](const StoredTask& task) {
      const auto found = state.tasks.find(task.put.seq);
      const bool whole = report->missing == 0;  // rows that are gone are counted, and that is all that can be done
      if (found == state.tasks.end() || !(whole ? found->second == task : found->second.put == task.put))
        text = "task " + std::to_string(task.put.seq.value()) + " is another one after a quarantine";
      return text.empty();
    });
    if (!text.empty()) throw Wrong{text};
    if (!status.ok()) accept(status.failure());
  }

  Random random_;
  const Mutant* mutant_;
  bool verbose_;
  Fate fate_;
  Disk disk_;
  Author author_;
  Model model_;
  std::unique_ptr<Store> store_;
  std::string id_;
  proto::Epoch epoch_;
  proto::CommitSeq acknowledged_;
  proto::CommitSeq last_;  // tried
  std::vector<Copy> copies_;
  std::uint64_t made_ = 0;
  std::uint64_t failed_before_ = 0;
  // After a power cut, until the next opening, what stands beside the database may not know of the last commits: that
  // they are missing could not be seen.
  bool head_behind_ = false;
  bool damaged_ = false;
  std::uint64_t failed_openings_ = 0;  // since the last one
  bool opened_ = false;
  bool over_ = false;
  TrialCounts counts_;
};

}  // namespace

TrialCounts& TrialCounts::operator+=(const TrialCounts& other) {
  openings += other.openings;
  commits += other.commits;
  kills += other.kills;
  power_cuts += other.power_cuts;
  failures += other.failures;
  damaged += other.damaged;
  refused += other.refused;
  backups += other.backups;
  return *this;
}

TrialReport run_trial(std::uint64_t seed, const Mutant* mutant, bool verbose) {
  return Trial{seed, mutant, verbose}.run();
}

}  // namespace forkmill::sim

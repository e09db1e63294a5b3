#include "tests/sim/disk/trial/trial.h"

#include "broker/store/maintenance/maintenance.h"
#include "tests/sim/disk/trial/backups.h"
#include "tests/sim/disk/trial/damage.h"
#include "tests/sim/disk/trial/opening.h"
#include "tests/sim/disk/trial/room.h"
#include "tests/sim/disk/trial/steps.h"
#include "tests/sim/disk/trial/subject.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

namespace {

class Trial {
 public:
  Trial(std::uint64_t seed, const DiskMutant* mutant, bool verbose) : subject_{seed, mutant, verbose} {}

  TrialReport run() {
    for (std::uint64_t life = 0; life < subject_.life.lives && !subject_.over; ++life) {
      subject_.begin_faults();
      if (open()) live();
      end();
    }
    if (!subject_.over) finish();
    return {subject_.disk.operations.hash(), subject_.counts};
  }

 private:
  bool open() {
    if (!opening_.open()) return false;
    head_behind_ = false;
    if (subject_.random.chance(0.3)) room_.check_reusable();
    return true;
  }

  void live() {
    for (std::uint64_t step = subject_.random.below(subject_.life.steps + 1); step > 0; --step)
      if (!take_step()) return;
  }

  bool take_step() {
    if (subject_.random.chance(subject_.life.backups) && !backups_.make()) return false;
    if (subject_.random.chance(subject_.life.room) && !room_.make()) return false;
    const std::uint64_t roll = subject_.random.below(20);
    if (roll == 0) return steps_.prepare();
    if (roll < 11) return steps_.apply();
    if (roll < 17) return steps_.commit();
    if (roll < 19) return steps_.fetch();
    return subject_.holds(subject_.model.now());
  }

  void end() {
    end_process();
    subject_.end_faults();
    if (subject_.random.chance(subject_.life.power)) {
      subject_.say("power cut");
      ++subject_.counts.power_cuts;
      subject_.disk.cut_power();
      head_behind_ = true;
      if (subject_.random.chance(subject_.life.damage)) damage_.break_frame();
    } else if (!head_behind_ && subject_.random.chance(subject_.life.damage)) {
      damage_.harm();
    }
    if (subject_.damaged) backups_.clear();
    backups_.check();
    if (subject_.damaged && !subject_.over) damage_.find_way_out();
  }

  void end_process() {
    Disk& disk = subject_.disk;
    const bool orderly = !disk.operations.stopped() && subject_.random.chance(0.4);
    if (!orderly && !disk.operations.stopped()) disk.operations.stop_after(0);
    subject_.say(orderly ? "the process ends in order" : "the process is killed");
    subject_.store.reset();
    if (!orderly) ++subject_.counts.kills;
    disk.end_process();
  }

  // A last opening without faults, and a check of the directory.
  void finish() {
    subject_.end_faults();
    if (!open()) return;
    subject_.store.reset();
    subject_.disk.end_process();
    const auto report = broker::check(kDirectory, subject_.disk);
    if (!subject_.damaged && (!report.ok() || !report->findings.empty()))
      throw Violation{"an undamaged directory fails its check: " +
                      (report.ok() ? report->findings.front() : report.failure().text)};
  }

  Subject subject_;
  Opening opening_{subject_};
  Steps steps_{subject_};
  Backups backups_{subject_, steps_};
  Room room_{subject_, steps_};
  Damage damage_{subject_, opening_};
  // After a power cut, until the next opening, the file `head` may not know of the last commits: that damage took them
  // could not be seen.
  bool head_behind_ = false;
};

}  // namespace

TrialReport run_trial(std::uint64_t seed, const DiskMutant* mutant, bool verbose) {
  return Trial{seed, mutant, verbose}.run();
}

}  // namespace forkmill::sim

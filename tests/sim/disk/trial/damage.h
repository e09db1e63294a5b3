// Damage: changes files of the data directory at rest, and checks that the store refuses the directory or has lost
// nothing; and that the ways out that a refusal names work.
#pragma once

#include <string>

#include "tests/sim/disk/trial/opening.h"
#include "tests/sim/disk/trial/subject.h"

namespace forkmill::sim {

class Damage {
 public:
  Damage(Subject& subject, Opening& opening) : subject_{subject}, opening_{opening} {}

  // Flips bits of a file or cuts the journal short, if there is a file.
  void harm();
  // Flips a bit in a commit of the journal that another one follows, if there is one.
  void break_frame();
  // Opens the damaged directory; if the store refuses it, takes the way out that the text names. Throws Violation.
  void find_way_out();

 private:
  void change_row();
  void check_harmless(const broker::Store::Identity& identity, const std::string& difference);
  void check_accepted_loss();
  void check_quarantine();
  std::uint64_t written(const std::string& path) const;

  Subject& subject_;
  Opening& opening_;
};

}  // namespace forkmill::sim

#include "proto/session/absence.h"

#include <doctest/doctest.h>

namespace absence_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

TEST_CASE("a broker that is away for longer than the patience is overdue, and warned of once in each absence") {
  Absence absence{5s, 100s};
  absence.update(false, 101s);
  CHECK(absence.next_wakeup() == 105s);
  CHECK_FALSE(absence.pop_warning(104s));
  CHECK_FALSE(absence.is_overdue(104s));
  CHECK(absence.is_overdue(105s));
  CHECK(absence.pop_warning(105s));
  CHECK_FALSE(absence.pop_warning(106s));
  CHECK(absence.is_overdue(106s));
  CHECK(absence.next_wakeup() == kNever);

  absence.update(true, 107s);
  CHECK_FALSE(absence.is_overdue(1000s));
  CHECK_FALSE(absence.pop_warning(1000s));
  CHECK(absence.next_wakeup() == kNever);

  absence.update(false, 1001s);
  absence.update(false, 1003s);
  CHECK(absence.next_wakeup() == 1006s);
  CHECK(absence.pop_warning(1006s));
}

}  // namespace absence_test

#include <doctest/doctest.h>
#include <forkmill/task.h>

#include <map>
#include <optional>
#include <vector>

namespace sample {
struct Point {
  int x = 0;
};
struct Renamed {};
}  // namespace sample

template <>
struct forkmill::SignatureName<sample::Renamed> {
  static std::string get() { return "shape.Old"; }
};

using forkmill::Task;

TEST_CASE("a signature names types as they are packed") {
  CHECK(Task<double(double, double)>::signature() == "f64(f64,f64)");
  CHECK(Task<void()>::signature() == "void()");
  CHECK(Task<std::map<std::string, std::uint64_t>(std::string)>::signature() == "{str:u64}(str)");
  CHECK(Task<int(std::vector<int>)>::signature() == "i32([i32])");
  CHECK(Task<std::optional<bool>(const std::string&, char)>::signature() == "bool?(str,i8)");
  CHECK(Task<std::tuple<float, std::pair<int, long>>()>::signature() == "(f32,(i32,i64))()");
  CHECK(Task<sample::Point(sample::Renamed)>::signature() == "sample::Point(shape.Old)");
}

TEST_CASE("types that are packed alike have the same signature, and others do not") {
  CHECK(Task<void(std::vector<int>)>::hash() == Task<void(const std::deque<int>&)>::hash());
  CHECK(Task<void(int)>::hash() != Task<void(unsigned)>::hash());
  CHECK(Task<void(int)>::hash() != 0);
}

TEST_CASE("a task is a literal constant") {
  constexpr Task<int(int)> task{"math.twice"};
  static_assert(task.name() == "math.twice");
}

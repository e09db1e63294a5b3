// Numbers and lists as elements of shared containers: sums, floats, zeros, appends.
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::number_element_test {

using Numbers = Dict<std::string, int>;

namespace {

template <class T>
void check_range(Rig& rig) {
  using Limits = std::numeric_limits<T>;
  CAPTURE(sizeof(T));
  CAPTURE(Limits::is_signed);
  Value<T> value{Limits::max(), rig.a};
  CHECK(code_of([&] { value.add(1); }) == Errc::value_differs);
  CHECK(value.get() == Limits::max());
  CHECK(value.add(-1) == Limits::max() - 1);
  value.set(Limits::min());
  CHECK(code_of([&] { value.add(-1); }) == Errc::value_differs);
  CHECK(value.get() == Limits::min());
  CHECK(value.add(1) == Limits::min() + 1);
  CHECK(code_of([&] { value.add(UINT64_MAX); }) == Errc::value_differs);
  CHECK(code_of([&] { value.add(INT64_MIN); }) == Errc::value_differs);
  Array<T> array{std::vector<T>{Limits::max(), 1}, rig.a};
  CHECK(code_of([&] { array[0] += 1; }) == Errc::value_differs);
  CHECK(array.values() == std::vector<T>{Limits::max(), 1});
  List<T> list{rig.a};
  list.append(Limits::max());
  CHECK(code_of([&] { list.add(0, 2); }) == Errc::value_differs);
  CHECK(list.values() == std::vector<T>{Limits::max()});
  Dict<std::string, T> dict{rig.a};
  dict.set("k", Limits::max());
  CHECK(code_of([&] { dict["k"] += 1; }) == Errc::value_differs);
  CHECK(dict.add("new", 1, T{1}) == 2);
  CHECK(code_of([&] { dict.add("other", 1, Limits::max()); }) == Errc::value_differs);
  CHECK(dict.items() == std::vector<std::pair<std::string, T>>{{"k", Limits::max()}, {"new", T{2}}});
  Value<std::optional<T>> optional{std::optional{Limits::max()}, rig.a};
  CHECK(code_of([&] { optional.add(1); }) == Errc::value_differs);
  CHECK(optional.get() == Limits::max());
}

}  // namespace

TEST_CASE("a sum beyond the range of the elements is refused, and everything stays readable") {
  Rig rig;
  check_range<std::int8_t>(rig);
  check_range<std::uint8_t>(rig);
  check_range<std::int16_t>(rig);
  check_range<std::uint16_t>(rig);
  check_range<std::int32_t>(rig);
  check_range<std::uint32_t>(rig);
  check_range<std::int64_t>(rig);
  check_range<std::uint64_t>(rig);
  check_range<long>(rig);
  Value<unsigned> value{5U, rig.a};
  CHECK(value.add(-1) == 4);
  Dict<std::string, std::uint8_t> counts{rig.a};
  for (int i = 1; i <= 255; ++i) CHECK(counts.add("k", 1, 0) == i);
  CHECK_THROWS_WITH_AS(counts.add("k", 1, 0), doctest::Contains("255 + 1 is beyond the range"), Error);
  CHECK(counts.at("k") == 255);
  Namespace space{rig.a};
  space.set("n", 300);
  CHECK(code_of([&] { space.add<std::uint8_t>("n", 1); }) == Errc::value_differs);
  CHECK(space.add("n", 1) == 301);
}

TEST_CASE("floats and doubles stay what they are when something is added") {
  Rig rig;
  Value<double> whole{1e19, rig.a};
  CHECK(whole.add(1e19) == 2e19);
  CHECK(whole.add(1) == 2e19 + 1);
  List<float> floats{rig.a};
  floats.append(0.1F);
  CHECK(floats.add(0, 0.2F) == 0.1F + 0.2F);
  CHECK(floats.index(0.1F + 0.2F) == 0);
  CHECK(floats.count(0.1F + 0.2F) == 1);
  CHECK(floats.compare_and_set(0, 0.1F + 0.2F, 0.7F));
  floats[0] += 0.5;
  CHECK(floats.contains(0.7F + 0.5F));
  floats.remove_value(0.7F + 0.5F);
  CHECK(floats.empty());
  Dict<std::string, float> dict{rig.a};
  CHECK(dict.add("k", 0.1F, 0.2F) == 0.1F + 0.2F);
  CHECK(dict.compare_and_set("k", 0.1F + 0.2F, 1.0F));
  CHECK(dict.add("k", 1) == 2);
}

TEST_CASE("a zero keeps its sign as a value, and has none as a key") {
  Rig rig;
  Value<double> value{-0.0, rig.a};
  CHECK(std::signbit(value.get()));
  CHECK(std::signbit(value.add(-0.0)));
  CHECK_FALSE(std::signbit(value.add(0.0)));
  Value<float> narrow{-0.0F, rig.a};
  CHECK(std::signbit(narrow.get()));
  CHECK(std::signbit(narrow.add(-0.0F)));
  List<std::vector<double>> lists{rig.a};
  lists.append({0.0, -0.0});
  CHECK_FALSE(std::signbit(lists.at(0)[0]));
  CHECK(std::signbit(lists.at(0)[1]));
  auto [here, there] = pipe<double>(true, rig.a);
  here.send(-0.0);
  CHECK(std::signbit(there.recv()));
  Dict<double, double> dict{rig.a};
  dict.set(0.0, 1);
  dict.set(-0.0, -0.0);
  CHECK(dict.size() == 1);
  CHECK(std::signbit(dict.at(0.0)));
}

TEST_CASE("an element is appended only to a value that is packed as an array") {
  Rig rig;
  CHECK(code_of([&] { Dict<int, std::string>{rig.a}.append(1, 'c'); }) == Errc::value_differs);
  CHECK(code_of([&] { Dict<int, std::vector<std::uint8_t>>{rig.a}.append(1, 7); }) == Errc::value_differs);
  CHECK(code_of([&] { Dict<int, std::array<int, 2>>{rig.a}.append(1, 7); }) == Errc::value_differs);
  Dict<int, std::vector<int>> dict{rig.a};
  CHECK(dict.append(1, 7) == 1);
  CHECK(dict.at(1) == std::vector{7});
}

}  // namespace forkmill::tests::number_element_test

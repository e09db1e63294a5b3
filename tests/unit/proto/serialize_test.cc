#include <doctest/doctest.h>
#include <forkmill/exec.h>
#include <forkmill/serialize.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace serialize_test {

using namespace forkmill;

TEST_CASE("values survive packing and unpacking") {
  CHECK(unpack_value<int>(pack_value(-7)) == -7);
  CHECK(unpack_value<std::string>(pack_value(std::string(100'000, 's'))).size() == 100'000);
  CHECK(unpack_value<std::map<std::string, std::vector<double>>>(pack_value(std::map<std::string, std::vector<double>>{
            {"a", {1, 2.5}}})) == std::map<std::string, std::vector<double>>{{"a", {1, 2.5}}});
  CHECK_NOTHROW(unpack_value<void>(pack_nothing()));
}

TEST_CASE("arguments are packed as an array of exactly their number") {
  const std::string bytes = pack_value(std::tuple<int, std::string>{1, "x"});
  CHECK(unpack_arguments<std::tuple<int, std::string>>(bytes) == std::tuple<int, std::string>{1, "x"});
  CHECK_THROWS_WITH_AS(static_cast<void>(unpack_arguments<std::tuple<int>>(bytes)), "expected 1 argument(s), got 2",
                       DecodeError);
  CHECK_THROWS_AS(static_cast<void>((unpack_arguments<std::tuple<int, int>>(bytes))), DecodeError);
  CHECK_THROWS_AS(static_cast<void>(unpack_arguments<std::tuple<int>>(pack_value(5))), DecodeError);
  CHECK_NOTHROW(unpack_arguments<std::tuple<>>(pack_value(std::tuple<>{})));
}

TEST_CASE("bytes that are not the value give an error") {
  CHECK_THROWS_AS(unpack_value<int>(""), DecodeError);
  CHECK_THROWS_AS(unpack_value<int>(pack_value(std::string{"seven"})), DecodeError);
  CHECK_THROWS_AS(unpack_value<int>(pack_value(7) + "x"), DecodeError);
  CHECK_THROWS_AS(unpack_value<std::vector<int>>("\xdd\xff\xff\xff\xff"), DecodeError);
  CHECK_THROWS_AS(unpack_value<void>(pack_value(1)), DecodeError);
  CHECK_THROWS_AS(unpack_value<std::string>(std::string(1000, '\x91') + "\xc0"), DecodeError);
}

TEST_CASE("exec requests survive packing and unpacking") {
  ExecRequest request;
  request.argv = {"sha256sum", "a b"};
  request.env = {{"LANG", "C"}};
  const auto back = unpack_arguments<std::tuple<ExecRequest>>(pack_value(std::tuple<ExecRequest>{request}));
  CHECK(std::get<0>(back).argv == request.argv);
  CHECK(std::get<0>(back).env == request.env);
}

namespace {

// The value as msgpack-c alone reads it.
template <class T>
std::optional<T> by_objects(std::string_view bytes) {
  try {
    return forkmill::detail::unpack_bounded(bytes).get().as<T>();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

template <class T>
std::optional<T> plainly(std::string_view bytes) {
  forkmill::detail::PlainReader reader{bytes};
  T value{};
  return reader.read(value) && reader.at_end() ? std::optional{value} : std::nullopt;
}

// Checks that a value which PlainReader reads is the one that msgpack-c reads.
template <class... T>
void compare(const std::string& bytes) {
  const auto same = [&]<class One>(const One*) {
    const auto read = plainly<One>(bytes);
    return !read || pack_value(*read) == pack_value(*by_objects<One>(bytes));
  };
  CHECK((same(static_cast<const T*>(nullptr)) && ...));
}

void compare_all(const std::string& bytes) {
  compare<bool, short, unsigned short, int, unsigned, long, unsigned long long, float, double, std::string,
          std::vector<int>, std::vector<double>, std::vector<std::string>, std::tuple<int, std::string>,
          std::tuple<std::vector<long>, bool>>(bytes);
}

}  // namespace

TEST_CASE("plain values are read without objects, and are the same") {
  CHECK(plainly<int>(pack_value(70'000)) == 70'000);
  CHECK(plainly<long>(pack_value(-70'000'000'000L)) == -70'000'000'000L);
  CHECK(plainly<short>(pack_value(-1)) == short{-1});
  CHECK(plainly<double>(pack_value(2.5)) == 2.5);
  CHECK(plainly<bool>(pack_value(true)) == true);
  CHECK(plainly<std::string>(pack_value(std::string(70'000, 'x'))) == std::string(70'000, 'x'));
  CHECK(plainly<std::vector<int>>(pack_value(std::vector<int>(70'000, 3))) == std::vector<int>(70'000, 3));
  CHECK(plainly<std::tuple<int, std::string>>(pack_value(std::tuple<int, std::string>{1, "x"})) ==
        std::tuple<int, std::string>{1, "x"});
  CHECK(plainly<double>(pack_value(3)) == 3);  // as msgpack-c packs 3.0
  CHECK(plainly<float>(pack_value(-3.0F)) == -3);
  CHECK(plainly<double>(pack_value(1.5F)) == 1.5);
  CHECK(!plainly<unsigned>(pack_value(-1)));
  CHECK(!plainly<short>(pack_value(40'000)));
  CHECK(!plainly<std::vector<int>>("\xdd\xff\xff\xff\xff"));
}

TEST_CASE("a zero keeps its sign, and other numbers are packed as msgpack-c packs them") {
  CHECK(pack_value(-0.0) == std::string_view{"\xcb\x80\0\0\0\0\0\0\0", 9});
  CHECK(std::signbit(unpack_value<double>(pack_value(-0.0))));
  CHECK(std::signbit(unpack_value<float>(pack_value(-0.0F))));
  CHECK(std::signbit(unpack_value<std::vector<double>>(pack_value(std::vector{-0.0})).front()));
  CHECK(detail::pack_key(-0.0) == pack_value(0));
  const auto infinity = std::numeric_limits<double>::infinity();
  for (const double number : {0.0, 1.0, -1.0, 0.5, -2.5, 200.0, -200.0, 1e15, -1e15, 9.3e18, -9.3e18, 1.9e19, 1e300,
                              5e-324, infinity, -infinity, std::nan("")}) {
    CHECK(pack_value(number) == detail::pack_key(number));
    CHECK(pack_value(static_cast<float>(number)) == detail::pack_key(static_cast<float>(number)));
  }
}

TEST_CASE("plain values are the same for any bytes") {
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Mostly a type that a plain value can have, and few elements, so that values are met.
    constexpr std::string_view kFirst = "\x91\x92\x93\xa1\xa4\xc2\xc3\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd9\xdc";
    if (!bytes.empty() && random() % 4 != 0) bytes[0] = kFirst[random() % kFirst.size()];
    compare_all(bytes);
  }
}

}  // namespace serialize_test

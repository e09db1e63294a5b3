#include <doctest/doctest.h>
#include <forkmill/exec.h>
#include <forkmill/serialize.h>

#include <map>
#include <vector>

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

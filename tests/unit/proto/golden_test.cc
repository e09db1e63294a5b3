// The bytes of every message (samples.h, session 0x1122334455667788, seq 9), for whoever writes the protocol in another
// language. They never change within one protocol version: when this test fails, the change breaks every peer that is
// not built anew.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "proto/codec.h"
#include "tests/unit/proto/samples.h"

using namespace forkmill::proto;

namespace {

struct Golden {
  std::string_view name;
  std::string_view hex;
};

// clang-format off
constexpr auto kGolden = std::to_array<Golden>({
    {"HELLO",
     "9401cf1122334455667788099b010102630ca27731a4686f7374cd1267a474657374649492a764656661756c74a474657874"
     "9192a86d6174682e616464ac663634286636342c6636342904929303080293030902"},
    {"WELCOME",
     "9402cf112233445566778809dc001001630d03c3cd07d0cd2710cd0400cd1000cd2000a573746f726505a4746573749192a1"
     "2aa0119193030802"},
    {"HEARTBEAT",
     "9403cf112233445566778809920203"},
    {"GOODBYE",
     "9404cf1122334455667788099224a3627965"},
    {"ERROR",
     "9405cf11223344556677880993040ea97361792068656c6c6f"},
    {"SUBMIT",
     "9410cf112233445566778809919296c410018bcfe5680170018000000000000007a764656661756c74a86d6174682e616464"
     "4d8701fb02cd05dc040705930a141e09010ac30ca86f726465722d3137c40392010296c410018bcfe5680270028000000000"
     "00000ea171a1740080c400"},
    {"SUBMIT_ACK",
     "9411cf11223344556677880993920102099193c410018bcfe568027002800000000000000e1fa466756c6c"},
    {"RESULTS",
     "9412cf112233445566778809919292c410018bcfe5680170018000000000000007950101a27731c401cbc092c410018bcfe5"
     "68027002800000000000000e950403a27732c4009636b27374643a3a72756e74696d655f6572726f72a4626f6f6da7233020"
     "6d61696ea5696e6e657296ff0b050607ab6c61737420776f7264730a"},
    {"RESULT_ACK",
     "9413cf112233445566778809919106"},
    {"ATTACH",
     "9414cf1122334455667788099192c410018bcfe5680170018000000000000007c410018bcfe568027002800000000000000e"},
    {"CANCEL",
     "9415cf1122334455667788099191c410018bcfe5680370038000000000000015"},
    {"CANCEL_REPLY",
     "9416cf112233445566778809919192c410018bcfe568037003800000000000001502"},
    {"PROGRESS",
     "9417cf112233445566778809919194c410018bcfe568017001800000000000000793030102cb3fe0000000000000a468616c"
     "66"},
    {"CREDIT",
     "9420cf11223344556677880991cd0200"},
    {"GRANTS",
     "9421cf11223344556677880991919893030102c410018bcfe5680170018000000000000007a764656661756c74a86d617468"
     "2e6164644d0102c40190"},
    {"OUTCOMES",
     "9422cf11223344556677880992929493030102950101a27731c401cbc0ff7b9493030202950403a27732c4009636b2737464"
     "3a3a72756e74696d655f6572726f72a4626f6f6da72330206d61696ea5696e6e657296ff0b050607ab6c61737420776f7264"
     "730a3200cd0258"},
    {"OUTCOME_ACK",
     "9423cf112233445566778809919103"},
    {"RETURN",
     "9424cf112233445566778809929193030402cd0259"},
    {"REVOKE",
     "9425cf112233445566778809919193030502"},
    {"REVOKED",
     "9426cf1122334455667788099291929303050202cd025a"},
    {"DRAIN",
     "9427cf11223344556677880990"},
    {"QUERY",
     "9430cf112233445566778809930105a430313930"},
    {"REPLY",
     "9431cf112233445566778809940100a0c40180"},
});
// clang-format on

std::string to_hex(const std::string& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> text{};
    std::snprintf(text.data(), text.size(), "%02x", byte);
    hex += text.data();
  }
  return hex;
}

}  // namespace

TEST_CASE("the bytes of every message") {
  const auto messages = samples::all();
  REQUIRE(messages.size() == kGolden.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    CHECK(type_name(messages[i]) == kGolden[i].name);
    CHECK(to_hex(encode({{SessionId{0x1122334455667788}, MessageSeq{9}}, messages[i]}).envelope) == kGolden[i].hex);
  }
}

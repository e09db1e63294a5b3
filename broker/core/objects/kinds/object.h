// Object: one named object: what all kinds have in common. A kind says what an operation does (attempt) and what goes
// with a client that goes (leave); waiting, time-outs, answers and durability are the business of Objects.
//
// Those who wait stand in lines, first come, first served: after every change the heads of all lines are tried until
// none of them gets further.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <msgpack.hpp>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/objects/kinds/call.h"
#include "broker/core/objects/kinds/object_host.h"
#include "broker/store/records.h"

namespace forkmill::broker {

class Object {
 public:
  static constexpr std::size_t kLines = 3;

  Object(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
      : host{object_host}, id_{id}, spec_{std::move(spec)} {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  ObjectId id() const { return id_; }
  const proto::ObjectSpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  bool durable() const { return spec_.durability == proto::Durability::durable; }

  // Does it and answers; or changes nothing and says nothing: then it has to wait, in line(call).
  virtual std::optional<Answer> attempt(Call& call) = 0;
  virtual std::size_t line(const Call&) const { return 0; }
  // Whether it is to be tried although others wait in its line.
  virtual bool may_overtake(const Call&) const { return false; }
  // It may wait no longer. No answer: it is in another line now.
  virtual std::optional<Answer> give_up(Call&) { return failed(Errc::timeout); }
  // It waited, and its client is gone.
  virtual void deserted(const Call&) {}
  // Nobody has anything of it, or ever can again: it may be removed.
  virtual bool is_over() const { return false; }
  // This client is gone, and what it had of this object is free.
  virtual void leave(ClientHandle) {}
  // For kinds that count who has opened them.
  virtual void opened(Call&) {}

  // For operators
  virtual std::size_t size() const { return 0; }
  struct Hold {
    ClientHandle client;
    std::uint64_t who = 0;
    std::int64_t count = 0;
    std::int64_t token = 0;
  };
  virtual std::vector<Hold> holders() const { return {}; }

  // ---- Durable ones. The state as a msgpack value, but for what the kind keeps in records of its own.
  using Packer = msgpack::packer<msgpack::sbuffer>;
  virtual void save(Packer& packer) const { packer.pack_nil(); }
  virtual void load(const msgpack::object&) {}
  // Those who hold something of it, found in the store: they have some time to come back.
  virtual std::vector<ClientHandle> clients() const { return {}; }
  // The kind's own records: to be written, to be erased; and one of them, found in the store.
  virtual void take_records(std::vector<StoreOp>&, const std::function<proto::TaskSeq()>&) {}
  virtual void load_record(proto::TaskSeq, const msgpack::object&) {}
  virtual void loaded() {}
  virtual std::vector<proto::TaskSeq> all_records() const { return {}; }

  std::array<Line, kLines> lines;
  std::size_t waiting() const {
    std::size_t sum = 0;
    for (const Line& line : lines) sum += line.size();
    return sum;
  }

  // What was changed since it was written down last.
  bool dirty = false;
  proto::TaskSeq stored_as;  // where it is in the store
  ClientHandle owner;        // with whom it goes; none: with nobody

 protected:
  Answer wrong_verb() const { return failed(Errc::wrong_verb); }
  ObjectHost& host;

 private:
  ObjectId id_;
  proto::ObjectSpec spec_;
};

// Throws nothing; null for a kind that does not exist.
std::unique_ptr<Object> make_object(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host);
std::string_view kind_name(proto::ObjectKind kind);
std::string_view verb_name(proto::Verb verb);

}  // namespace forkmill::broker

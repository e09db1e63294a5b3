#include "client/cli/commands/map/unsupported_parallel_options.h"

#include <algorithm>
#include <array>
#include <utility>

namespace forkmill::cli {

namespace {

// Names with a blank between, and what takes their place.
using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::array kInput{
    Entry{"-s --max-chars -x --exit", "a command has at most 131,071 bytes, the maximum of Linux"},
    Entry{"-L -l --max-lines", "use -N"},
    Entry{"-E -e --eof", "use sed /TEXT/Q on the input"},
    Entry{"--arg-sep --arg-file-sep", "the separators are ::: and ::::"},
    Entry{"--trim", "use --colsep or sed"},
    Entry{"--csv", "use --colsep; a field cannot contain the separator"},
    Entry{"--skip-first-line", "use tail -n +2 on the input"},
    Entry{"--regexp --remove-rec-sep --removerecsep --rrs",
          "use --recstart or --recend, whose texts are literal and stay"},
    Entry{"--pipe-part", "use --pipe; the input is read by this program anyway"},
    Entry{"--round-robin --round --shard --bin --group-by --tee", "use --pipe; a job gets one block"},
    Entry{"--block-timeout --bt --cat --fifo", "use --pipe; a block is the input of its job"},
    Entry{"--filter --sql-and-worker --sql-master --sql-worker --sql", "select the input with another program"},
};

constexpr std::array kCommand{
    Entry{"--rpl --parens", "use a shell command such as $(echo {} | sed ...), or the replacement strings of --plus"},
    Entry{"-i -U", "use -I, or {}"},
    Entry{"--basenamereplace --bnr --basenameextensionreplace --bner --dirnamereplace --dnr --extensionreplace --er "
          "--seqreplace --slotreplace",
          "use {/} {/.} {//} {.} {#} and {%}"},
    Entry{"--record-env --session", "use --env-all"},
    Entry{"--process-slot-var", "PARALLEL_JOBSLOT is set, and so is PARALLEL_SEQ"},
    Entry{"--template --tmpl --embed --shebang --hashbang --shebang-wrap --_parset --shell-quote",
          "write a script that calls forkmill map"},
    Entry{"--nice", "the workers run the jobs: start forkmill-worker with nice(1)"},
};

constexpr std::array kOutput{
    Entry{"-t", "use -v"},
    Entry{"-u --ungroup --line-buffer --lb --latest-line --ll", "the output of a job is printed when it has ended"},
    Entry{"--files --output-as-files --outputasfiles --compress --compress-program --decompress-program --tmpdir",
          "use --results; TMPDIR has the temporary file of -k"},
    Entry{"--color --color-failed --cf --ctag --ctagstring --silent", "use --tag or --tagstring"},
    Entry{"--no-keep-order --plain --profile -J", "there are no files of options"},
};

constexpr std::array kExecution{
    Entry{"--term-seq", "a job that is stopped gets SIGTERM, then SIGKILL after two seconds"},
    Entry{"--load --memfree --memsuspend --noswap --limit", "the workers have limits of their own"},
    Entry{"-p --interactive -o --open-tty --tty --tmux --tmuxpane", "the jobs run on the workers, without a terminal"},
    Entry{"--fg --bg --semaphore --semaphore-name --id --semaphore-timeout --st --wait",
          "see `forkmill object --help` for named locks and semaphores"},
    Entry{"--total-jobs --total", "a file, and :::, are counted"},
    Entry{"-S --sshlogin --sshloginfile --slf --ssh --ssh-delay --controlmaster -M --onall --nonall --trc --transfer "
          "--transferfile --tf --return --basefile --bf --cleanup --rsync-opts --hostgroups --hgrp --filter-hosts",
          "the workers of the broker run the jobs: start forkmill-worker on each machine"},
    Entry{"--number-of-cores --number-of-cpus --number-of-sockets --number-of-threads --use-cores-instead-of-threads "
          "--use-sockets-instead-of-threads --use-cpus-instead-of-cores",
          "see `forkmill worker ls`"},
    Entry{"--version -V --minversion --max-line-length-allowed --show-limits", "see `forkmill --version`"},
};

bool has_name(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const auto first = names.substr(0, names.find(' '));
    if (first == name) return true;
    names.remove_prefix(std::min(first.size() + 1, names.size()));
  }
  return false;
}

template <class Entries>
std::string_view place_among(const Entries& entries, std::string_view option) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [option](const Entry& one) { return has_name(one.first, option); });
  return found == entries.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view place_of(std::string_view option) {
  for (const auto place : {place_among(kInput, option), place_among(kCommand, option), place_among(kOutput, option),
                           place_among(kExecution, option)})
    if (!place.empty()) return place;
  return {};
}

}  // namespace forkmill::cli

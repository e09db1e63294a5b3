// The end of `forkmill map --help`.
#pragma once

namespace forkmill::cli {

inline constexpr const char* kMapFooter =
    R"(COMMAND is a shell command line, for which arguments are quoted. Options precede COMMAND; a long one may be
shortened to a unique beginning.
  {}     the argument                  {.}    the argument without its extension
  {/}    its file name                 {//}   its directory
  {/.}   its file name, no extension   {#}    the number of the job
  {%}    the slot of the job: a number from 1 that no other job in flight has
  {1} {2} ... {-1}   the argument from that source; also {1.} {2/}
Write them without quotes: the shell gets each argument as one word, whatever it contains.
" {}" is appended to a COMMAND without replacement strings. Without COMMAND, each argument is a command line.
The environment variables PARALLEL_SEQ and PARALLEL_JOBSLOT have the values of {#} and {%}.

Input sources; without one, the lines of standard input are the arguments:
  ::: ARG...      arguments                         :::+ ARG...     linked to the previous source
  :::: FILE...    lines of files, - for stdin       ::::+ FILE...   linked to the previous source
Several sources yield every combination. Linked sources advance together.

Signals: SIGINT cancels all jobs; SIGTERM and SIGHUP let running jobs finish, and take back the others;
SIGUSR1 lists the running jobs, SIGUSR2 prints the progress.

Examples:
  forkmill map 'gzip -9 {}' ::: *.log
  find . -name '*.png' -print0 | forkmill map -0 --bar 'convert {} {.}.jpg'
  forkmill map --joblog jobs.tsv --resume --retries 3 --timeout 10m './simulate {1} {2}' ::: a b c ::: 1 2 3
  forkmill map -k --tag --halt now,fail=1 'ssh {} uptime' :::: hosts
  seq 1000000 | forkmill map --pipe --block 1M 'wc -l'

Exit status: the number of failed jobs up to 253; 254 for more; 255 for any other error; 130 after SIGINT;
143 after SIGTERM; 129 after SIGHUP. After --halt: the status of the job (N=1), the percentage of failed jobs
(X%), or 0 (success=).)";

}  // namespace forkmill::cli

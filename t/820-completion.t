#!/usr/bin/perl
#
# 820-completion.t -- the completion for bash gives nouns, verbs, options,
# and what the configuration has: tenants and the keys of entries

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

plan(skip_all => 'bash is not installed') unless -x '/bin/bash';

my $script = "$FindBin::Bin/../contrib/completion/gatepost.bash";
my $site = Gatepost::Test->new(
    tenants => [ { name => 'example', domains => ['example.org'] },
	{ name => 'other', domains => ['other.org'] } ],
    lists => { example => "block sender one.example\n" .
	"allow ip 192.0.2.1\n" });
my $program = Gatepost::Test::program('gatepost');

# What is proposed at the end of WORDS, the last of which is begun.
sub complete {
	my (@words) = @_;
	my $run = $site->run('/bin/bash', '-c',
	    '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' .
	    '_gatepost; printf "%s\n" "${COMPREPLY[@]}"', 'bash', $script,
	    $program, '-c', $site->config_file, @words);

	is($run->{err}, '', "@words: bash complains of nothing");
	return sort split(/\n/, $run->{out});
}

sub has {
	my ($words, @wanted) = @_;
	my %found = map { $_ => 1 } complete(@$words);

	is_deeply([grep { !$found{$_} } @wanted], [],
	    "@$words: @wanted") or diag(join(' ', keys %found));
}

has([''], qw(check try why policy list quarantine user));
has(['list', ''], qw(show add remove find audit import export expiring));
is_deeply([complete('list', 'au')], ['audit'], 'what is begun is ended');
has(['list', 'find', '--'], qw(--tenant --rcpt --proven --unproven));
has(['list', 'find', ''], qw(sender envelope name ip url file spoof));
has(['list', 'find', 'ip', '192.0.2.1', ''], qw(sender url));
has(['list', 'add', ''], qw(block allow observe --dry-run));
has(['list', 'add', 'block', ''], qw(sender spoof));
has(['list', 'audit', '--audit', ''], qw(unproven shadowed endless));
has(['list', 'audit', '--audit'], '--audit');
is_deeply([complete('list', 'show', '--tenant', '')], ['example', 'other'],
    'tenants are those of the configuration');
is_deeply([complete('policy', '--tenant', 'o')], ['other'],
    '... for every command');
my @keys = map { $_->{key} } @{$site->json('list', 'show', '--tenant',
    'example')->{entries}};
has(['list', 'remove', '--tenant', 'example', ''], @keys, 'block');
is_deeply([complete('list', 'unbrake', '--tenant', 'example', '')],
    [sort @keys], 'entries by their keys');
is_deeply([complete('list', 'unbrake', '--tenant', 'other', '')], [],
    '... of that tenant alone');

done_testing();

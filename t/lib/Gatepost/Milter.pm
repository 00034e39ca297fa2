# Gatepost::Milter -- a milter session by hand, packet for packet
#
#	my $milter = Gatepost::Milter->new($site->socket);
#	my $agreed = $milter->negotiate;
#	$milter->connect('mail.client.example', '192.0.2.1');
#	$milter->message(from => '<a@b.example>', rcpt => ['<c@d.example>']);
#
# For what the load driver does not do: odd peers, odd order, broken ends.
package Gatepost::Milter;

use strict;
use warnings;

use IO::Socket::INET ();
use IO::Socket::UNIX ();
use Socket ();

use constant HEAR_SECONDS => 30;	# for one answer

# What Postfix 3.7 and Sendmail 8.17 offer.
use constant { ACTIONS => 0x1ff, STEPS => 0x1fffff };

# Steps that have no answer once both sides agreed on that.
my %silent = (C => 0x1000, H => 0x2000, M => 0x4000, R => 0x8000, L => 0x80,
    N => 0x40000, B => 0x80000);

sub new {
	my ($class, $socket) = @_;
	my $peer = $socket =~ /^unix:(.*)/ ?
	    IO::Socket::UNIX->new(Peer => $1) :
	    $socket =~ /^inet:(\d+)/ ?
	    IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		PeerPort => $1) : undef;

	die "$socket: $!\n" unless $peer;
	binmode($peer);
	return bless { peer => $peer, steps => 0 }, $class;
}

# The octets of one packet.
sub packet {
	my ($command, $data) = @_;

	$data = '' unless defined $data;
	return pack('N a a*', 1 + length($data), $command, $data);
}

# Octets, whatever they are, in one write.
sub say_all {
	my ($self, @octets) = @_;

	local $SIG{PIPE} = 'IGNORE';
	return defined syswrite($self->{peer}, join('', @octets));
}

sub say {
	my ($self, $command, $data) = @_;

	return $self->say_all(packet($command, $data));
}

sub _octets {
	my ($self, $length) = @_;
	my $octets = '';

	while (length($octets) < $length) {
		my $bits = '';

		vec($bits, fileno($self->{peer}), 1) = 1;
		die "no answer in time\n"
		    unless select($bits, undef, undef, HEAR_SECONDS);
		sysread($self->{peer}, $octets, $length - length($octets),
		    length($octets)) or return undef;
	}
	return $octets;
}

# One answer: (command, data); nothing when the filter has gone.
sub hear {
	my ($self) = @_;
	my $length = $self->_octets(4);

	return () unless defined $length;
	my $packet = $self->_octets(unpack('N', $length));
	return () unless defined $packet;
	return (substr($packet, 0, 1), substr($packet, 1));
}

# Say it and hear the answer's command; where none was agreed on it is "c".
sub ask {
	my ($self, $command, $data) = @_;

	$self->say($command, $data);
	return 'c' if $self->{steps} & ($silent{$command} || 0);
	my ($answer) = $self->hear;
	return defined $answer ? $answer : 'gone';
}

# { version, actions, steps, macros => { stage => text } } as the filter
# wants them.
sub negotiate {
	my ($self, $actions, $steps) = @_;

	$self->say('O', pack('N3', 6, defined $actions ? $actions : ACTIONS,
	    defined $steps ? $steps : STEPS));
	my ($command, $data) = $self->hear;
	return undef unless defined $command && $command eq 'O';
	my %agreed = (macros => {});

	@agreed{qw(version actions steps)} = unpack('N3', $data);
	$data = substr($data, 12);
	while ($data =~ /\G(.{4})([^\0]*)\0/gs) {
		$agreed{macros}{unpack('N', $1)} = $2;
	}
	$self->{steps} = $agreed{steps};
	return \%agreed;
}

sub macros {
	my ($self, $command, %values) = @_;

	return $self->say('D', $command . join('', map {
		"$_\0$values{$_}\0" } sort keys %values));
}

# An undefined ADDRESS is a client that the mail server does not know.
sub connect {
	my ($self, $host, $address) = @_;

	return $self->ask('C', "$host\0" . (!defined $address ? 'U' :
	    ($address =~ /:/ ? '6' : '4') . pack('n', 4567) .
	    "$address\0"));
}

sub mail { return $_[0]->ask('M', join('', map { "$_\0" } @_[1 .. $#_])) }
sub rcpt { return $_[0]->ask('R', join('', map { "$_\0" } @_[1 .. $#_])) }
sub header { return $_[0]->ask('L', "$_[1]\0$_[2]\0") }
sub body { return $_[0]->ask('B', $_[1]) }

# The end of the message: the edits, then the verdict, as a list of
# [command, data].
sub end {
	my ($self) = @_;
	my @all;

	$self->say('E');
	while (my ($command, $data) = $self->hear) {
		push(@all, [$command, $data]);
		return @all if $command =~ /[actrdy]/;
	}
	return (@all, ['gone', '']);
}

# A whole message on this session: the verdict's command.
sub message {
	my ($self, %arg) = @_;
	my $answer = $self->mail($arg{from});
	my $taken = 0;

	return $answer if $answer ne 'c';
	foreach my $rcpt (@{$arg{rcpt}}) {
		$answer = $self->rcpt($rcpt);
		$taken++ if $answer eq 'c';
	}
	return $answer unless $taken;
	$self->header(@$_) foreach @{$arg{headers} || []};
	$self->ask('N');
	$self->body($arg{body}) if defined $arg{body};
	return ($self->end)[-1][0];
}

sub abort { return $_[0]->say('A') }

# Go without a word.
sub close { return close($_[0]->{peer}) }

1;

#
# Gatepost::Dns -- a DNS server of a test, and authentication asked by it
#
#	my $dns = Gatepost::Dns->new({ 'a.example' => [[TXT => 'v=spf1 -all']] });
#	my @auth = $dns->auth([{ client => ..., helo => ..., from => ... }, ...]);
#
package Gatepost::Dns;

use strict;
use warnings;

use File::Temp ();
use Gatepost::Test;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();

# Words for a skip when what dnsd needs is not installed; else undef.
sub missing {
	return eval { require Net::DNS; 1 } ? undef :
	    'libnet-dns-perl is not installed';
}

sub new {
	my ($class, $zone) = @_;
	my $self = bless {
		dir => File::Temp->newdir, port => Gatepost::Test::free_port(),
		owner => $$,
	}, $class;

	$self->write($zone);
	$self->start;
	return $self;
}

sub server { return '127.0.0.1@' . $_[0]->{port} }

sub write {
	my ($self, $zone) = @_;

	Gatepost::Test::write_file("$self->{dir}/zone.json",
	    JSON::PP->new->latin1->encode($zone));
}

# Answer from ZONE from now on.
sub change {
	my ($self, $zone) = @_;

	$self->write($zone);
	kill('HUP', $self->{pid});
	select(undef, undef, undef, 0.1);
}

sub start {
	my ($self) = @_;
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		my $dnsd = __FILE__ =~ s{lib/Gatepost/Dns\.pm$}{tools/dnsd}r;

		{ exec($^X, $dnsd, $self->{port}, "$self->{dir}/zone.json") }
		POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	Gatepost::Test::wait_for(10, sub {
		IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		    PeerPort => $self->{port})
	}) or die "dnsd does not come up\n";
}

sub stop {
	my ($self) = @_;

	return unless $self->{pid};
	kill('TERM', $self->{pid});
	waitpid($self->{pid}, 0);
	delete $self->{pid};
}

# What t/tools/auth says of each of CASES ({ client, helo, from }): a list of
# answers.  OPTION: message (text), list, ms, servers.
sub auth {
	my ($self, $cases, %option) = @_;
	my $in = join('', map { join("\t", $_->{client} // '192.0.2.1',
	    $_->{helo} // 'mx.client.example', $_->{from} // '') . "\n" }
	    @$cases);
	my @args = ('--servers', $option{servers} // $self->server, '--ms',
	    $option{ms} // 4000, $option{list} ? '--list' : ());

	Gatepost::Test::write_file("$self->{dir}/cases", $in);
	if (defined $option{message}) {
		Gatepost::Test::write_file("$self->{dir}/message",
		    $option{message} =~ s/\r?\n/\r\n/gr);
		push(@args, "$self->{dir}/message");
	}
	my $program = Gatepost::Test::program('auth');
	my $out = `$program @args < $self->{dir}/cases`;

	die "auth: status $?\n" if $?;
	return map { JSON::PP::decode_json($_) } split(/\n/, $out);
}

sub DESTROY {
	my ($self) = @_;

	local ($?, $!);
	$self->stop if $self->{owner} == $$;
}

1;

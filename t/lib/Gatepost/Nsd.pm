#
# Gatepost::Nsd -- a real name server (NSD) of a test, for the zones in t/zones
#
#	my $dns = Gatepost::Nsd->new({ 'signer.example' => $text });
#	my @auth = $dns->auth([...]);		as Gatepost::Dns
#
package Gatepost::Nsd;

use strict;
use warnings;
use parent -norequire, 'Gatepost::Dns';

use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp ();
use Gatepost::Dns;
use Gatepost::Test;
use POSIX ();

my $nsd = '/usr/sbin/nsd';

sub missing { return -x $nsd ? undef : 'nsd is not installed' }

# Serve t/zones and MORE (zone => text; undef: a zone whose file is missing,
# of which the server knows nothing, SERVFAIL).
sub new {
	my ($class, $more) = @_;
	my $self = bless {
		dir => File::Temp->newdir, owner => $$,
		port => Gatepost::Test::free_port(),
	}, $class;
	my $zones = __FILE__ =~ s{lib/Gatepost/Nsd\.pm$}{zones}r;
	my @names = keys %$more;

	foreach my $file (glob("$zones/*")) {
		copy($file, $self->{dir}) or die "$file: $!\n";
		push(@names, $1) if basename($file) =~ /^(.+)\.zone$/;
	}
	foreach my $name (grep { defined $more->{$_} } keys %$more) {
		Gatepost::Test::write_file("$self->{dir}/$name.zone",
		    $more->{$name});
	}
	Gatepost::Test::write_file("$self->{dir}/nsd.conf",
	    $self->_config(@names));
	$self->start;
	return $self;
}

sub _config {
	my ($self, @names) = @_;

	return <<"EOT" . join('', map {
server:
	ip-address: 127.0.0.1\@$self->{port}
	username: ""
	chroot: ""
	database: ""
	zonesdir: "$self->{dir}"
	pidfile: "$self->{dir}/nsd.pid"
	xfrdfile: "$self->{dir}/xfrd.state"
	xfrdir: "$self->{dir}"
	zonelistfile: "$self->{dir}/zone.list"
	logfile: "$self->{dir}/log"
	server-count: 1
	ip-transparent: no
	rrl-ratelimit: 0
	ipv4-edns-size: 1232
remote-control:
	control-enable: no
EOT
		my $name = $_ eq 'root' ? '.' : $_;
		"zone:\n\tname: \"$name\"\n\tzonefile: \"$_.zone\"\n";
	} @names);
}

sub start {
	my ($self) = @_;
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		setpgrp(0, 0);
		{ exec($nsd, '-d', '-c', "$self->{dir}/nsd.conf") }
		POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	Gatepost::Test::wait_for(10, sub { $self->_answers })
	    or die "nsd does not come up:\n" .
	    (Gatepost::Test::read_file("$self->{dir}/log") // '');
}

sub _answers {
	my ($self) = @_;

	return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	    PeerPort => $self->{port});
}

sub stop {
	my ($self) = @_;

	return unless $self->{pid};
	kill('TERM', $self->{pid});
	waitpid($self->{pid}, 0);
	delete $self->{pid};
}

1;

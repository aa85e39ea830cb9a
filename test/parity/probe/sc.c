// sc: a probe. It makes a chain of system calls in ONE process and prints `op: ok`, `op: VALUE` or `op: ERRNO` for each,
// so that a shell script of the catalogue can ask the kernel itself, and not a command's idea of it.
//
//   sc OP ARGS... [, OP ARGS...]...      @OP does it and prints nothing; { ... } is a block that a forked child runs
//
// Errors are always symbolic names: no libc's message text is part of an answer. The table is run(), one line per
// operation; lines are long on purpose, since each is read alone.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sched.h>
#include <signal.h>
#include <fcntl.h>
#include <time.h>
#include <poll.h>
#include <grp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/sem.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/sysmacros.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/capability.h>
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define NS_GET_USERNS 0xb701
#define NS_GET_PARENT 0xb702
#define NS_GET_NSTYPE 0xb703
#define NS_GET_OWNER_UID 0xb704
#define MAXV 100000
static char **v; static int quiet; static pid_t child; static int fds[64]; static int pfd=-1;
static int lastfd=-1;
static const char *en(int e){const char*s=strerrorname_np(e);return s?s:"E?";}
static void out(const char*op,long r){int e=errno; if(quiet)return; if(r<0)printf("%s: %s\n",op,en(e)); else printf("%s: ok\n",op); fflush(stdout);}
static void outv(const char*op,long r){int e=errno; if(quiet)return; if(r<0)printf("%s: %s\n",op,en(e)); else printf("%s: %ld\n",op,r); fflush(stdout);}
static void outs(const char*op,const char*s){ if(quiet)return; printf("%s: %s\n",op,s); fflush(stdout);}
struct fl{const char*n;unsigned long f;};
static struct fl nsf[]={{"pid",CLONE_NEWPID},{"mnt",CLONE_NEWNS},{"uts",CLONE_NEWUTS},{"ipc",CLONE_NEWIPC},{"net",CLONE_NEWNET},{"user",CLONE_NEWUSER},{"cgroup",CLONE_NEWCGROUP},{"time",0x80},{"fs",CLONE_FS},{"files",CLONE_FILES},{"parent",CLONE_PARENT},{"thread",CLONE_THREAD},{"sighand",CLONE_SIGHAND},{"vm",CLONE_VM},{"sysvsem",CLONE_SYSVSEM},{"none",0},{0,0}};
static struct fl mf[]={{"ro",MS_RDONLY},{"nosuid",MS_NOSUID},{"nodev",MS_NODEV},{"noexec",MS_NOEXEC},{"remount",MS_REMOUNT},{"bind",MS_BIND},{"move",MS_MOVE},{"rec",MS_REC},{"private",MS_PRIVATE},{"shared",MS_SHARED},{"slave",MS_SLAVE},{"unbindable",MS_UNBINDABLE},{"noatime",MS_NOATIME},{"none",0},{"detach",0},{0,0}};
static struct fl uf[]={{"force",MNT_FORCE},{"detach",MNT_DETACH},{"expire",MNT_EXPIRE},{"nofollow",UMOUNT_NOFOLLOW},{"none",0},{0,0}};
static struct fl rl[]={{"nproc",RLIMIT_NPROC},{"nofile",RLIMIT_NOFILE},{"core",RLIMIT_CORE},{"fsize",RLIMIT_FSIZE},{0,0}};
static struct fl caps[]={{"chown",0},{"dac_override",1},{"kill",5},{"setgid",6},{"setuid",7},{"net_bind_service",10},{"net_admin",12},{"ipc_owner",15},{"sys_module",16},{"sys_chroot",18},{"sys_ptrace",19},{"sys_admin",21},{"sys_boot",22},{"sys_time",25},{"mknod",27},{"setfcap",31},{"sys_resource",24},{0,0}};
static struct fl sg[]={{"HUP",1},{"INT",2},{"QUIT",3},{"KILL",9},{"USR1",10},{"SEGV",11},{"USR2",12},{"PIPE",13},{"ALRM",14},{"TERM",15},{"CHLD",17},{"CONT",18},{"STOP",19},{"TSTP",20},{"TTIN",21},{"TTOU",22},{"0",0},{0,0}};
static unsigned long look(struct fl*t,const char*s){char b[256];strncpy(b,s,255);b[255]=0;unsigned long r=0;for(char*p=strtok(b,"|+");p;p=strtok(0,"|+")){int k=0;for(struct fl*q=t;q->n;q++)if(!strcmp(q->n,p)){r|=q->f;k=1;break;} if(!k)r|=strtoul(p,0,0);}return r;}
static const char*sgn(int n){for(struct fl*q=sg;q->n;q++)if(q->f==(unsigned)n)return q->n;return "?";}
static pid_t pidof(const char*s){if(!strcmp(s,"self"))return getpid();if(!strcmp(s,"parent"))return getppid();if(!strcmp(s,"child"))return child;return atoi(s);}
static void hnd(int n){char b[32];int l=snprintf(b,32,"got %s\n",sgn(n));if(write(1,b,l)<0){}}
static void hndi(int n,siginfo_t*si,void*u){(void)u;char b[96];int l=snprintf(b,96,"got %s from-pid=%s uid=%d\n",sgn(n),si->si_pid==0?"0":si->si_pid==getppid()?"parent":si->si_pid==getpid()?"self":"other",(int)si->si_uid);if(write(1,b,l)<0){}}
static void pst(const char*op,int st){char b[64]; if(WIFEXITED(st))snprintf(b,64,"exit %d",WEXITSTATUS(st)); else if(WIFSIGNALED(st))snprintf(b,64,"signal %s",sgn(WTERMSIG(st))); else if(WIFSTOPPED(st))snprintf(b,64,"stopped %s",sgn(WSTOPSIG(st))); else snprintf(b,64,"continued"); outs(op,b);}
static int blk(int i,int end){int d=0;for(;i<end;i++){if(!strcmp(v[i],"{"))d++;if(!strcmp(v[i],"}")&&--d==0)return i;}fprintf(stderr,"sc: unbalanced\n");exit(125);}
static long setcaps(int drop,unsigned long keepmask){struct __user_cap_header_struct h={_LINUX_CAPABILITY_VERSION_3,0};struct __user_cap_data_struct d[2];if(syscall(SYS_capget,&h,d))return -1;unsigned lo=(unsigned)keepmask,hi=(unsigned)(keepmask>>32);(void)drop;for(int k=0;k<2;k++){unsigned m=k?hi:lo;d[k].effective&=m;d[k].permitted&=m;d[k].inheritable&=m;}return syscall(SYS_capset,&h,d);}
static char pool[64]; 
static void run(int i,int end){
 while(i<end){
  if(!strcmp(v[i],",")){i++;continue;}
  quiet=0; char*op=v[i]; if(*op=='@'){quiet=1;op++;}
  int e=i; { int d=0; while(e<end){ if(!strcmp(v[e],"{"))d++; else if(!strcmp(v[e],"}"))d--; else if(d==0&&!strcmp(v[e],","))break; e++; } }
  int n=e-i-1; char**a=v+i+1; errno=0;
#define OP(x) else if(!strcmp(op,x))
#define A(k) (n>(k)?a[k]:"")
  if(0);
  OP("unshare") out(op,unshare(look(nsf,A(0))));
  OP("setns"){int f=open(A(0),O_RDONLY|O_CLOEXEC);if(f<0){out(op,-1);}else{out(op,setns(f,n>1?look(nsf,A(1)):0));close(f);}}
  OP("pidfdsetns"){int f=syscall(SYS_pidfd_open,pidof(A(0)),0);if(f<0)out(op,-1);else{out(op,setns(f,look(nsf,A(1))));close(f);}}
  OP("kill") out(op,kill(pidof(A(0)),look(sg,A(1))));
  OP("killpg") out(op,kill(-pidof(A(0)),look(sg,A(1))));
  OP("killall") out(op,kill(-1,look(sg,A(0))));
  OP("tgkill") out(op,syscall(SYS_tgkill,pidof(A(0)),pidof(A(0)),look(sg,A(1))));
  OP("mount") out(op,mount(A(0),A(1),A(2),look(mf,A(3)),n>4?A(4):0));
  OP("umount") out(op,umount2(A(0),look(uf,n>1?A(1):"none")));
  OP("pivot") out(op,syscall(SYS_pivot_root,A(0),A(1)));
  OP("chroot") out(op,chroot(A(0)));
  OP("chdir") out(op,chdir(A(0)));
  OP("cwd"){char b[4096];long r=syscall(SYS_getcwd,b,4096);if(r<0)out(op,-1);else outs(op,b);}
  OP("sethostname") out(op,sethostname(A(0),strlen(A(0))));
  OP("sethostnamelen"){int L=atoi(A(0));char*b=malloc(L+1);memset(b,'a',L);out(op,sethostname(b,L));}
  OP("setdomainname") out(op,setdomainname(A(0),strlen(A(0))));
  OP("uname"){struct utsname u;uname(&u);outs(op,!strcmp(A(0),"node")?u.nodename:!strcmp(A(0),"domain")?u.domainname:u.sysname);}
  OP("unamelen"){struct utsname u;uname(&u);outv(op,strlen(u.nodename));}
  OP("getpid") outv(op,syscall(SYS_getpid));
  OP("getppid") outv(op,syscall(SYS_getppid));
  OP("ppidis") outs(op,getppid()==pidof(A(0))?"yes":"no");
  OP("getsid"){errno=0;long r=getsid(n?pidof(A(0)):0);if(r<0)out(op,-1);else outs(op,r==0?"0":r==getpid()?"self":r==1?"1":r==getppid()?"parent":"other");}
  OP("getpgid"){errno=0;long r=getpgid(n?pidof(A(0)):0);if(r<0)out(op,-1);else outs(op,r==0?"0":r==getpid()?"self":r==1?"1":r==getppid()?"parent":"other");}
  OP("setsid"){long r=setsid();if(r<0)out(op,-1);else outs(op,r==getpid()?"self":"other");}
  OP("setpgid") out(op,setpgid(pidof(A(0)),pidof(A(1))));
  OP("subreaper") out(op,prctl(PR_SET_CHILD_SUBREAPER,atoi(A(0)),0,0,0));
  OP("getsubreaper"){int x=-1;prctl(PR_GET_CHILD_SUBREAPER,&x,0,0,0);outv(op,x);}
  OP("pdeathsig") out(op,prctl(PR_SET_PDEATHSIG,look(sg,A(0)),0,0,0));
  OP("getpdeathsig"){int x=-1;prctl(PR_GET_PDEATHSIG,&x);outv(op,x);}
  OP("nnp") out(op,prctl(PR_SET_NO_NEW_PRIVS,1,0,0,0));
  OP("dumpable") outv(op,prctl(PR_GET_DUMPABLE,0,0,0,0));
  OP("name") out(op,prctl(PR_SET_NAME,A(0),0,0,0));
  OP("ignore") out(op,signal(look(sg,A(0)),SIG_IGN)==SIG_ERR?-1:0);
  OP("default") out(op,signal(look(sg,A(0)),SIG_DFL)==SIG_ERR?-1:0);
  OP("handle"){struct sigaction s;memset(&s,0,sizeof s);s.sa_handler=hnd;s.sa_flags=SA_RESTART;out(op,sigaction(look(sg,A(0)),&s,0));}
  OP("handleinfo"){struct sigaction s;memset(&s,0,sizeof s);s.sa_sigaction=hndi;s.sa_flags=SA_RESTART|SA_SIGINFO;out(op,sigaction(look(sg,A(0)),&s,0));}
  OP("block"){sigset_t s;sigemptyset(&s);sigaddset(&s,look(sg,A(0)));out(op,sigprocmask(SIG_BLOCK,&s,0));}
  OP("unblock"){sigset_t s;sigemptyset(&s);sigaddset(&s,look(sg,A(0)));out(op,sigprocmask(SIG_UNBLOCK,&s,0));}
  OP("pending"){sigset_t s;sigpending(&s);outs(op,sigismember(&s,look(sg,A(0)))?"yes":"no");}
  OP("pause"){pause();outs(op,"woken");}
  OP("sleep"){struct timespec t={atoi(A(0))/1000,(atoi(A(0))%1000)*1000000L};while(nanosleep(&t,&t)<0&&errno==EINTR);}
  OP("print"){for(int k=0;k<n;k++)printf("%s%s",k?" ":"",a[k]);printf("\n");fflush(stdout);}
  OP("exec"){fflush(stdout);char*s=v[e];v[e]=0;execvp(a[0],a);int er=errno;v[e]=s;errno=er;out(op,-1);_exit(127);}
  OP("exit"){fflush(stdout);_exit(atoi(A(0)));}
  OP("raise") out(op,raise(look(sg,A(0))));
  OP("nice"){errno=0;long r=nice(atoi(A(0)));if(r==-1&&errno)out(op,-1);else outv(op,r);}
  OP("fork"){int b=i+1,c=blk(b,end);fflush(stdout);int q=quiet;pid_t p=fork();if(p==0){child=0;run(b+1,c);fflush(stdout);_exit(0);}quiet=q;if(p<0)out(op,-1);else{child=p;if(0)outv(op,p);}}
  OP("clone"){int b=i+2,c=blk(b,end);fflush(stdout);int q=quiet;unsigned long f=look(nsf,A(0));pid_t p=syscall(SYS_clone,f|SIGCHLD,0,0,0,0);if(p==0){child=0;run(b+1,c);fflush(stdout);_exit(0);}quiet=q;if(p>0)child=p;out(op,p);}
  OP("clone0"){int b=i+2,c=blk(b,end);fflush(stdout);int q=quiet;unsigned long f=look(nsf,A(0));pid_t p=syscall(SYS_clone,f,0,0,0,0);if(p==0){child=0;run(b+1,c);fflush(stdout);_exit(0);}quiet=q;if(p>0)child=p;out(op,p);}
  OP("clone3tid"){ // clone3 with set_tid: clone3tid PID {block}
    int b=i+2,c=blk(b,end);fflush(stdout);int q=quiet;pid_t t[1]={atoi(A(0))};struct{unsigned long long flags,pidfd,ctid,ptid,exitsig,stack,ssize,tls,set_tid,set_tid_size,cgroup;}ca;memset(&ca,0,sizeof ca);ca.exitsig=SIGCHLD;ca.set_tid=(unsigned long)t;ca.set_tid_size=1;pid_t p=syscall(435,&ca,sizeof ca);if(p==0){child=0;run(b+1,c);fflush(stdout);_exit(0);}quiet=q;if(p>0)child=p;if(p<0)out(op,-1);else outv(op,p);}
  OP("wait"){int st;pid_t p=waitpid(child,&st,WUNTRACED|WCONTINUED);if(p<0)out(op,-1);else pst(op,st);}
  OP("waitany"){int st;pid_t p=waitpid(-1,&st,0);if(p<0)out(op,-1);else pst(op,st);}
  OP("waitnb"){int st;pid_t p=waitpid(-1,&st,WNOHANG);if(p<0)out(op,-1);else if(p==0)outs(op,"none");else pst(op,st);}
  OP("waitpid"){int st;pid_t p=waitpid(pidof(A(0)),&st,WUNTRACED);if(p<0)out(op,-1);else pst(op,st);}
  OP("waitall"){int st,k=0;while(waitpid(-1,&st,0)>0)k++;outv(op,k);}
  OP("waitid_nowait"){siginfo_t si;memset(&si,0,sizeof si);int r=waitid(P_PID,child,&si,WEXITED|WNOWAIT);if(r<0)out(op,-1);else{char b[64];snprintf(b,64,"code=%s status=%d uid=%d",si.si_code==CLD_EXITED?"exited":si.si_code==CLD_KILLED?"killed":"other",si.si_status,(int)si.si_uid);outs(op,b);}}
  OP("pidfd_open"){pfd=syscall(SYS_pidfd_open,pidof(A(0)),0);out(op,pfd);}
  OP("pidfd_signal") out(op,syscall(SYS_pidfd_send_signal,pfd,look(sg,A(0)),0,0));
  OP("pidfd_poll"){struct pollfd p={pfd,POLLIN,0};int r=poll(&p,1,atoi(A(0)));outs(op,r>0?"readable":"timeout");}
  OP("pidfd_wait"){siginfo_t si;memset(&si,0,sizeof si);int r=waitid((idtype_t)3,pfd,&si,WEXITED);if(r<0)out(op,-1);else{char b[64];snprintf(b,64,"code=%s status=%d",si.si_code==CLD_EXITED?"exited":si.si_code==CLD_KILLED?"killed":"other",si.si_status);outs(op,b);}}
  OP("pidfd_nspid"){char p[64],b[4096];snprintf(p,64,"/proc/self/fdinfo/%d",pfd);int f=open(p,O_RDONLY);int r=read(f,b,4095);close(f);if(r<0)r=0;b[r]=0;char*s=strstr(b,"NSpid:");if(s){char*nl=strchr(s,'\n');if(nl)*nl=0;for(char*q=s;*q;q++)if(*q=='\t')*q=' ';outs(op,s);}else outs(op,"none");}
  OP("reboot"){int c=!strcmp(A(0),"restart")?RB_AUTOBOOT:!strcmp(A(0),"halt")?RB_HALT_SYSTEM:!strcmp(A(0),"poweroff")?RB_POWER_OFF:!strcmp(A(0),"cadon")?RB_ENABLE_CAD:-1; if(c==-1||getppid()==0||1){out(op,reboot(c));}}
  OP("open"){int f=open(A(0),!strcmp(A(1),"w")?O_WRONLY:!strcmp(A(1),"rw")?O_RDWR:!strcmp(A(1),"create")?O_RDWR|O_CREAT:!strcmp(A(1),"path")?O_PATH:!strcmp(A(1),"dir")?O_RDONLY|O_DIRECTORY:O_RDONLY,0600);if(f>=0)lastfd=f;out(op,f);}
  OP("read"){char b[256];int r=read(lastfd,b,255);if(r<0)out(op,-1);else{b[r]=0;if(r&&b[r-1]=='\n')b[r-1]=0;outs(op,r?b:"EOF");}}
  OP("write") out(op,write(lastfd,A(0),strlen(A(0))));
  OP("close") out(op,close(lastfd));
  OP("fchdir") out(op,fchdir(lastfd));
  OP("readfile"){char b[4096];int f=open(A(0),O_RDONLY);if(f<0)out(op,-1);else{int r=read(f,b,4095);if(r<0)out(op,-1);else{b[r]=0;if(r&&b[r-1]=='\n')b[r-1]=0;outs(op,b);}close(f);}}
  OP("writefile"){int f=open(A(0),O_WRONLY|(n>2?O_CREAT:0),0600);if(f<0)out(op,-1);else{out(op,write(f,A(1),strlen(A(1))));close(f);}}
  OP("stat"){struct stat s;out(op,stat(A(0),&s));}
  OP("owner"){struct stat s;if(stat(A(0),&s)<0)out(op,-1);else{char b[64];snprintf(b,64,"%d:%d",(int)s.st_uid,(int)s.st_gid);outs(op,b);}}
  OP("chown") out(op,chown(A(0),atoi(A(1)),atoi(A(2))));
  OP("mkdir") out(op,mkdir(A(0),0755));
  OP("rmdir") out(op,rmdir(A(0)));
  OP("unlink") out(op,unlink(A(0)));
  OP("rename") out(op,rename(A(0),A(1)));
  OP("link") out(op,link(A(0),A(1)));
  OP("mknod") out(op,mknod(A(0),S_IFCHR|0600,makedev(1,3)));
  OP("readlink"){char b[4096];int r=readlink(A(0),b,4095);if(r<0)out(op,-1);else{b[r]=0;outs(op,b);}}
  OP("setuid") out(op,setuid(atoi(A(0))));
  OP("setgid") out(op,setgid(atoi(A(0))));
  OP("setreuid") out(op,syscall(SYS_setreuid,atoi(A(0)),atoi(A(1))));
  OP("setgroups"){gid_t g[1]={(gid_t)atoi(A(0))};out(op,syscall(SYS_setgroups,A(0)[0]=='-'?0:1,g));}
  OP("ngroups") outv(op,getgroups(0,0));
  OP("getuid") outv(op,getuid());
  OP("geteuid") outv(op,geteuid());
  OP("getgid") outv(op,getgid());
  OP("capdrop"){ // drop named cap from bounding and sets
    unsigned long c=look(caps,A(0));prctl(PR_CAPBSET_DROP,c,0,0,0);out(op,setcaps(1,~(1UL<<c)));}
  OP("capdropall"){for(int k=0;k<64;k++)prctl(PR_CAPBSET_DROP,k,0,0,0);out(op,setcaps(1,0));}
  OP("capeff"){struct __user_cap_header_struct h={_LINUX_CAPABILITY_VERSION_3,0};struct __user_cap_data_struct d[2];syscall(SYS_capget,&h,d);unsigned long x=d[0].effective|((unsigned long)d[1].effective<<32);if(n){unsigned long c=look(caps,A(0));outs(op,(x>>c)&1?"yes":"no");}else outs(op,x==0?"none":"some");}
  OP("rlimit"){struct rlimit r={atoi(A(1)),atoi(A(1))};out(op,setrlimit(look(rl,A(0)),&r));}
  OP("nsparent"){int f=open(A(0),O_RDONLY);if(f<0)out(op,-1);else{int g=ioctl(f,NS_GET_PARENT);if(g<0)out(op,-1);else{char p[64],b[128];snprintf(p,64,"/proc/self/fd/%d",g);int r=readlink(p,b,127);if(r<0)out(op,-1);else{b[r]=0;outs(op,b);}close(g);}close(f);}}
  OP("nsuser"){int f=open(A(0),O_RDONLY);if(f<0)out(op,-1);else{int g=ioctl(f,NS_GET_USERNS);if(g<0)out(op,-1);else{char p[64],b[128];snprintf(p,64,"/proc/self/fd/%d",g);int r=readlink(p,b,127);if(r<0)r=0;b[r]=0;outs(op,b);close(g);}close(f);}}
  OP("nstype"){int f=open(A(0),O_RDONLY);if(f<0)out(op,-1);else{int t=ioctl(f,NS_GET_NSTYPE);const char*s="?";for(struct fl*q=nsf;q->n;q++)if((int)q->f==t&&t)s=q->n;if(t<0)out(op,-1);else outs(op,s);close(f);}}
  OP("nsowner"){int f=open(A(0),O_RDONLY);uid_t u=-1;if(f<0)out(op,-1);else{int r=ioctl(f,NS_GET_OWNER_UID,&u);if(r<0)out(op,-1);else outv(op,(int)u);close(f);}}
  OP("openns"){lastfd=open(A(0),O_RDONLY|O_CLOEXEC);out(op,lastfd);}
  OP("setnsfd") out(op,setns(lastfd,n?look(nsf,A(0)):0));
  OP("msgget") out(op,msgget(atoi(A(0)),0600|(!strcmp(A(1),"create")?IPC_CREAT:!strcmp(A(1),"excl")?IPC_CREAT|IPC_EXCL:0)));
  OP("msgsnd"){int q=msgget(atoi(A(0)),0600);struct{long t;char m[64];}m={1,{0}};strncpy(m.m,A(1),63);out(op,q<0?-1:msgsnd(q,&m,strlen(m.m)+1,IPC_NOWAIT));}
  OP("msgrcv"){int q=msgget(atoi(A(0)),0600);struct{long t;char m[64];}m;long r=q<0?-1:msgrcv(q,&m,64,0,IPC_NOWAIT);if(r<0)out(op,-1);else outs(op,m.m);}
  OP("msgrm"){int q=msgget(atoi(A(0)),0600);out(op,q<0?-1:msgctl(q,IPC_RMID,0));}
  OP("shmget") out(op,shmget(atoi(A(0)),4096,0600|(!strcmp(A(1),"create")?IPC_CREAT:!strcmp(A(1),"excl")?IPC_CREAT|IPC_EXCL:0)));
  OP("shmput"){int q=shmget(atoi(A(0)),4096,0600);char*p=q<0?(char*)-1:shmat(q,0,0);if(p==(char*)-1)out(op,-1);else{strcpy(p,A(1));shmdt(p);out(op,0);}}
  OP("shmgetv"){int q=shmget(atoi(A(0)),4096,0600);char*p=q<0?(char*)-1:shmat(q,0,0);if(p==(char*)-1)out(op,-1);else{outs(op,p);shmdt(p);}}
  OP("shmid") outv(op,shmget(atoi(A(0)),4096,0600));
  OP("semget") out(op,semget(atoi(A(0)),1,0600|(!strcmp(A(1),"create")?IPC_CREAT:!strcmp(A(1),"excl")?IPC_CREAT|IPC_EXCL:0)));
  OP("semset"){int q=semget(atoi(A(0)),1,0600);out(op,q<0?-1:semctl(q,0,SETVAL,atoi(A(1))));}
  OP("semval"){int q=semget(atoi(A(0)),1,0600);outv(op,q<0?-1:semctl(q,0,GETVAL));}
  OP("mqopen"){struct{long f,m,s,c,r[4];}at={0,4,64,0,{0}};int q=syscall(SYS_mq_open,A(0),O_RDWR|O_NONBLOCK|(!strcmp(A(1),"create")?O_CREAT:!strcmp(A(1),"excl")?O_CREAT|O_EXCL:0),0600,&at);if(q>=0)lastfd=q;out(op,q);}
  OP("mqsend") out(op,syscall(SYS_mq_timedsend,lastfd,A(0),strlen(A(0)),1,0));
  OP("mqrecv"){char b[128];long r=syscall(SYS_mq_timedreceive,lastfd,b,128,0,0);if(r<0)out(op,-1);else{b[r]=0;outs(op,b);}}
  OP("mqunlink") out(op,syscall(SYS_mq_unlink,A(0)));
  OP("absbind"){int s=socket(AF_UNIX,SOCK_STREAM,0);struct sockaddr_un u={.sun_family=AF_UNIX};strncpy(u.sun_path+1,A(0),90);int r=bind(s,(void*)&u,offsetof(struct sockaddr_un,sun_path)+1+strlen(A(0)));if(!r)r=listen(s,5);if(s>=0)lastfd=s;out(op,r);}
  OP("absconnect"){int s=socket(AF_UNIX,SOCK_STREAM,0);struct sockaddr_un u={.sun_family=AF_UNIX};strncpy(u.sun_path+1,A(0),90);int r=connect(s,(void*)&u,offsetof(struct sockaddr_un,sun_path)+1+strlen(A(0)));if(r<0){int e2=errno;close(s);errno=e2;}else lastfd=s;out(op,r);}
  OP("unixbind"){int s=socket(AF_UNIX,SOCK_STREAM,0);struct sockaddr_un u={.sun_family=AF_UNIX};strncpy(u.sun_path,A(0),90);int r=bind(s,(void*)&u,sizeof u);if(!r)r=listen(s,5);if(s>=0)lastfd=s;out(op,r);}
  OP("unixconnect"){int s=socket(AF_UNIX,SOCK_STREAM,0);struct sockaddr_un u={.sun_family=AF_UNIX};strncpy(u.sun_path,A(0),90);int r=connect(s,(void*)&u,sizeof u);if(r<0){int e2=errno;close(s);errno=e2;}else lastfd=s;out(op,r);}
  OP("accept"){int s=accept(lastfd,0,0);if(s>=0)lastfd=s;out(op,s);}
  OP("peercred"){struct ucred c;socklen_t l=sizeof c;int r=getsockopt(lastfd,SOL_SOCKET,SO_PEERCRED,&c,&l);if(r<0)out(op,-1);else{char b[96];snprintf(b,96,"pid=%s uid=%d gid=%d",c.pid==0?"0":c.pid==getpid()?"self":c.pid==child?"child":"other",(int)c.uid,(int)c.gid);outs(op,b);}}
  OP("socketpair"){int p[2];int r=socketpair(AF_UNIX,SOCK_STREAM,0,p);fds[0]=p[0];fds[1]=p[1];int on=1;setsockopt(p[0],SOL_SOCKET,SO_PASSCRED,&on,sizeof on);out(op,r);}
  OP("sendbyte") out(op,write(fds[1],"x",1));
  OP("recvcred"){char c,cb[128];struct iovec iv={&c,1};struct msghdr m={0};m.msg_iov=&iv;m.msg_iovlen=1;m.msg_control=cb;m.msg_controllen=sizeof cb;long r=recvmsg(fds[0],&m,0);if(r<0)out(op,-1);else{char b[96]="none";for(struct cmsghdr*h=CMSG_FIRSTHDR(&m);h;h=CMSG_NXTHDR(&m,h))if(h->cmsg_type==SCM_CREDENTIALS){struct ucred*u=(void*)CMSG_DATA(h);snprintf(b,96,"pid=%s uid=%d gid=%d",u->pid==0?"0":u->pid==child?"child":u->pid==getpid()?"self":"other",(int)u->uid,(int)u->gid);}outs(op,b);}}
  OP("tcpbind"){int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in u={.sin_family=AF_INET,.sin_port=htons(atoi(A(1)))};inet_pton(AF_INET,A(0),&u.sin_addr);int r=bind(s,(void*)&u,sizeof u);if(!r)r=listen(s,5);if(s>=0)lastfd=s;out(op,r);}
  OP("tcpconnect"){int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in u={.sin_family=AF_INET,.sin_port=htons(atoi(A(1)))};inet_pton(AF_INET,A(0),&u.sin_addr);int r=connect(s,(void*)&u,sizeof u);int e2=errno;close(s);errno=e2;out(op,r);}
  OP("udpsend"){int s=socket(AF_INET,SOCK_DGRAM,0);struct sockaddr_in u={.sin_family=AF_INET,.sin_port=htons(atoi(A(1)))};inet_pton(AF_INET,A(0),&u.sin_addr);long r=sendto(s,"x",1,0,(void*)&u,sizeof u);int e2=errno;close(s);errno=e2;out(op,r);}
  OP("uptime"){struct timespec t;clock_gettime(CLOCK_BOOTTIME,&t);outs(op,t.tv_sec>=atol(A(0))?"ge":"lt");}
  OP("monotime"){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);outs(op,t.tv_sec>=atol(A(0))?"ge":"lt");}
  OP("settime"){struct timespec t;clock_gettime(CLOCK_REALTIME,&t);out(op,clock_settime(CLOCK_REALTIME,&t));}
  OP("alloc"){ // alloc MB: touch memory
    long mb=atol(A(0));char*p=mmap(0,mb<<20,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0);if(p==MAP_FAILED)out(op,-1);else{for(long k=0;k<(mb<<20);k+=4096)p[k]=1;out(op,0);}}
  OP("spin"){struct timespec t0,t;clock_gettime(CLOCK_MONOTONIC,&t0);long ms=atol(A(0));do clock_gettime(CLOCK_MONOTONIC,&t);while((t.tv_sec-t0.tv_sec)*1000+(t.tv_nsec-t0.tv_nsec)/1000000<ms);}
  OP("forkn"){int k,w=atoi(A(0));for(k=0;k<w;k++){pid_t p=fork();if(p==0){pause();_exit(0);}if(p<0)break;} int er=errno;char b[64];if(k==w)snprintf(b,64,"%d ok",k);else snprintf(b,64,"%d then %s",k,en(er));outs(op,b);}
  OP("msetattr"){struct{unsigned long long s,c,p,u;}at={0,0,0,0};const char*m=A(1);if(!strcmp(m,"ro"))at.s=1;else if(!strcmp(m,"rw"))at.c=1;else if(!strcmp(m,"noexec"))at.s=8;else at.p=look(mf,m);out(op,syscall(SYS_mount_setattr,AT_FDCWD,A(0),n>2&&!strcmp(A(2),"rec")?0x8000:0,&at,sizeof at));}
  OP("opentree"){lastfd=syscall(428,AT_FDCWD,A(0),1|O_CLOEXEC|(n>1?0x8000:0));out(op,lastfd);}
  OP("movemount") out(op,syscall(429,lastfd,"",AT_FDCWD,A(0),4));
  OP("bg_kill_after"){} 
  OP("umask") outv(op,umask(0));
  OP("oomadj"){int f=open("/proc/self/oom_score_adj",O_WRONLY);out(op,f<0?-1:write(f,A(0),strlen(A(0))));if(f>=0)close(f);}
  OP("pipe"){int p[2];int r=pipe(p);fds[2]=p[0];fds[3]=p[1];out(op,r);}
  OP("pwait"){char c;while(read(fds[2],&c,1)<0&&errno==EINTR);outs(op,"go");}
  OP("pgo") out(op,write(fds[3],"g",1));
  OP("thread_unshare"){ // unshare FLAGS in a process with a second thread
    extern int thr_unshare(unsigned long);out(op,thr_unshare(look(nsf,A(0))));}
  OP("pty"){ // pty INPUT CMD...: run CMD with a new pty as controlling terminal; after it printed READY send INPUT (\\xNN escapes)
    int m=open("/dev/ptmx",O_RDWR|O_NOCTTY|O_CLOEXEC);int z=0,num=-1;char sn[64];if(m<0||ioctl(m,0x40045431,&z)||ioctl(m,0x80045430,&num)){out(op,-1);}else{snprintf(sn,64,"/dev/pts/%d",num);
    char in[512];int L=0;for(char*q=a[0];*q;q++){if(q[0]=='\\'&&q[1]=='x'){char h[3]={q[2],q[3],0};in[L++]=strtol(h,0,16);q+=3;}else in[L++]=*q;}
    fflush(stdout);pid_t p=fork();if(p==0){setsid();int s=open(sn,O_RDWR);ioctl(s,0x540E,0);dup2(s,0);dup2(s,1);dup2(s,2);if(s>2)close(s);v[e]=0;execvp(a[1],a+1);_exit(127);}
    child=p;char buf[8192];int t=0,sent=0;for(;;){struct pollfd pp={m,POLLIN,0};int r=poll(&pp,1,3000);if(r<=0)break;r=read(m,buf+t,sizeof buf-1-t);if(r<=0)break;t+=r;buf[t]=0;if(!sent&&strstr(buf,"READY")){sent=1;usleep(30000);if(!strcmp(a[0],"HANGUP")){close(m);m=-1;break;}if(write(m,in,L)<0){}}}
    buf[t]=0;for(char*q=buf;*q;q++)if(*q!='\r')putchar(*q);if(m>=0)close(m);int st;waitpid(p,&st,0);pst("status",st);}}
  OP("tcgetpgrp"){int pg=-1;int r=ioctl(0,0x540F,&pg);if(r<0)out(op,-1);else outs(op,pg==0?"0":pg==getpid()?"self":pg==getpgrp()?"own-group":"other");}
  OP("tcsetpgrp"){int pg=pidof(A(0));out(op,ioctl(0,0x5410,&pg));}
  OP("opentty"){int f=open("/dev/tty",O_RDWR);out(op,f);if(f>=0)close(f);}
  OP("ttyread"){char b[64];long r=read(0,b,63);if(r<0)out(op,-1);else outs(op,r?"data":"EOF");}
  else {fprintf(stderr,"sc: unknown op %s\n",op);exit(125);}
  i=e;
 }
}
#include <pthread.h>
static void*tp(void*x){pause();return x;}
int thr_unshare(unsigned long f){pthread_t t;pthread_create(&t,0,tp,0);usleep(20000);return unshare(f);}
int main(int c,char**av){(void)pool;setvbuf(stdout,0,_IOLBF,0);v=av;if(c<2){fprintf(stderr,"usage: sc OP...\n");return 125;}run(1,c);fflush(stdout);return 0;}

// box: a small launcher of containers for scripts that need several of them, written apart from twinbox and in the
// plainest way, so that it can stand for any runtime. It makes namespaces with clone(2), a root on tmpfs with pivot_root(2),
// and keeps a file per container in /run/box.
//
//   box run   NAME [OPTIONS] -- CMD...   in the foreground; exit status CMD's, 128+N when signal N killed it
//   box start NAME [OPTIONS] -- CMD...   detached; returns when CMD has been executed
//   box exec  NAME -- CMD...             joins all its namespaces, and runs CMD as a child
//   box pid NAME, box kill NAME SIG, box wait NAME (prints the exit status)
//
// Options: --hostname H, --share pid,net,uts,ipc,cgroup,mnt, --user, --map IN:OUT:N, --init, --ro, --caps docker|none,
// --template DIR, --script FILE, --cgjoin DIR, --cgmount v2|pids|memory|cpu|freezer|cpuset (the last two repeat).
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sched.h>
#include <signal.h>
#include <fcntl.h>
#include <dirent.h>
#include <sys/syscall.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <grp.h>
#include <linux/capability.h>
static void die(const char*m){fprintf(stderr,"box: %s: %s\n",m,strerror(errno));_exit(126);}
static int wf(const char*p,const char*s){int f=open(p,O_WRONLY|O_CREAT|O_TRUNC,0644);if(f<0)return -1;int r=write(f,s,strlen(s));close(f);return r<0?-1:0;}
static void cp(const char*a,const char*b){struct stat s;if(lstat(a,&s)<0)return;
 if(S_ISLNK(s.st_mode)){char t[4096];int r=readlink(a,t,4095);if(r>0){t[r]=0;if(symlink(t,b)){}}}
 else if(S_ISDIR(s.st_mode)){mkdir(b,0755);DIR*d=opendir(a);struct dirent*e;while(d&&(e=readdir(d)))if(strcmp(e->d_name,".")&&strcmp(e->d_name,"..")){char x[4096],y[4096];snprintf(x,4096,"%s/%s",a,e->d_name);snprintf(y,4096,"%s/%s",b,e->d_name);cp(x,y);}if(d)closedir(d);}
 else if(S_ISREG(s.st_mode)){int f=open(a,O_RDONLY),g=open(b,O_WRONLY|O_CREAT|O_TRUNC,s.st_mode&0777);static char buf[1<<16];int r;while((r=read(f,buf,sizeof buf))>0)if(write(g,buf,r)!=r)die("copy");close(f);close(g);}}
static const char*nsn[]={"user","mnt","pid","uts","ipc","net","cgroup",0};
static int nsf[]={CLONE_NEWUSER,CLONE_NEWNS,CLONE_NEWPID,CLONE_NEWUTS,CLONE_NEWIPC,CLONE_NEWNET,CLONE_NEWCGROUP};
static char*hostn=0,*tmpl="/",*script=0,*cgj[8],*cgm[8],*maps="0:100000:65536",*caps=0;static int ncgj,ncgm,user,init_,ro,flags;
static void dropdocker(int none){static int keep[]={0,1,3,4,5,6,7,8,10,13,18,27,29,31,-1};unsigned long m=0;if(!none)for(int i=0;keep[i]>=0;i++)m|=1UL<<keep[i];for(int k=0;k<64;k++)if(!((m>>k)&1))prctl(PR_CAPBSET_DROP,k,0,0,0);
 struct __user_cap_header_struct h={_LINUX_CAPABILITY_VERSION_3,0};struct __user_cap_data_struct d[2];syscall(SYS_capget,&h,d);for(int k=0;k<2;k++){unsigned mm=k?(unsigned)(m>>32):(unsigned)m;d[k].effective&=mm;d[k].permitted&=mm;d[k].inheritable&=mm;}if(syscall(SYS_capset,&h,d))die("capset");}
static void bindnode(const char*n,int ma,int mi){char t[64],s[64];snprintf(t,64,"dev/%s",n);snprintf(s,64,"/dev/%s",n);if(user){int f=open(t,O_CREAT|O_WRONLY,0666);if(f>=0)close(f);if(mount(s,t,0,MS_BIND,0))die("bind dev");}else{mode_t u=umask(0);if(mknod(t,S_IFCHR|0666,makedev(ma,mi)))die("mknod");umask(u);}}
static void setup(void){
 if(!(flags&CLONE_NEWNS))goto host;
 if(mount(0,"/",0,MS_REC|MS_PRIVATE,0))die("private");
 const char*mp=getenv("BOXMNT");if(!mp)mp="/run/boxroot";mkdir(mp,0755);
 char tm[64]="mode=755,size=64m"; if(mount("tmpfs",mp,"tmpfs",0,tm))die("tmpfs");
 if(chdir(mp))die("chdir");
 char p[4096];const char*dd[]={"bin","etc",0};for(int i=0;dd[i];i++){snprintf(p,4096,"%s/%s",tmpl,dd[i]);cp(p,dd[i]);}
 const char*ds[]={"proc","sys","dev","mnt","root","run","home","var",0};for(int i=0;ds[i];i++)mkdir(ds[i],0755);mkdir("tmp",01777);chmod("tmp",01777);mkdir("sys/fs",0755);mkdir("sys/fs/cgroup",0755);
 if(script){cp(script,"s");chmod("s",0755);}
 if(mount("tmpfs","dev","tmpfs",MS_NOSUID,"mode=755,size=1m"))die("dev");
 bindnode("null",1,3);bindnode("zero",1,5);bindnode("full",1,7);bindnode("random",1,8);bindnode("urandom",1,9);bindnode("tty",5,0);
 mkdir("dev/pts",0755);if(mount("devpts","dev/pts","devpts",MS_NOSUID|MS_NOEXEC,"newinstance,ptmxmode=0666,mode=620"))die("devpts");if(symlink("pts/ptmx","dev/ptmx")){}
 mkdir("dev/shm",01777);chmod("dev/shm",01777);
 if(symlink("/proc/self/fd","dev/fd")){}
 if(flags&CLONE_NEWPID||!user){if(mount("proc","proc","proc",MS_NOSUID|MS_NODEV|MS_NOEXEC,0))die("proc");}
 for(int i=0;i<ncgm;i++){if(!strcmp(cgm[i],"v2")){if(mount("cgroup2","sys/fs/cgroup","cgroup2",MS_NOSUID|MS_NODEV|MS_NOEXEC,0))die("cgroup2");}
  else{char d[256];snprintf(d,256,"sys/fs/cgroup/%s",cgm[i]);mkdir(d,0755);if(mount("cgroup",d,"cgroup",MS_NOSUID|MS_NODEV|MS_NOEXEC,cgm[i]))die("cgroup1");}}
 if(syscall(SYS_pivot_root,".","."))die("pivot_root");if(umount2(".",MNT_DETACH))die("detach");if(chdir("/"))die("chdir /");
 if(ro&&mount(0,"/",0,MS_REMOUNT|MS_BIND|MS_RDONLY,0))die("ro");
host:
 if(flags&CLONE_NEWUTS&&hostn&&sethostname(hostn,strlen(hostn)))die("sethostname");
 clearenv();setenv("PATH","/bin:/sbin:/usr/bin",1);setenv("HOME","/root",1);setenv("TERM","dumb",1);setenv("HOSTNAME",hostn?hostn:"",1);
 if(caps)dropdocker(!strcmp(caps,"none"));
}
static int status(int st){return WIFSIGNALED(st)?128+WTERMSIG(st):WEXITSTATUS(st);}
int main(int c,char**v){
 if(c<3){fprintf(stderr,"usage: box run|start|exec|pid|kill|wait NAME ...\n");return 125;}
 char*cmd=v[1],*name=v[2];mkdir("/run/box",0755);char pf[256],xf[256];const char*st=getenv("BOXSTATE");if(!st)st="/run/box";mkdir(st,0755);snprintf(pf,256,"%s/%s.pid",st,name);snprintf(xf,256,"%s/%s.exit",st,name);
 if(!strcmp(cmd,"pid")||!strcmp(cmd,"kill")||!strcmp(cmd,"exec")){
  FILE*f=fopen(pf,"r");int pid=0;if(!f||fscanf(f,"%d",&pid)!=1){fprintf(stderr,"box: no container %s\n",name);return 125;}fclose(f);
  if(!strcmp(cmd,"pid")){printf("%d\n",pid);return 0;}
  if(!strcmp(cmd,"kill")){if(kill(pid,atoi(v[3]))){fprintf(stderr,"box: %s\n",strerrorname_np(errno));return 1;}return 0;}
  int i=3;if(i<c&&!strcmp(v[i],"--"))i++;int fd[8];
  for(int k=0;nsn[k];k++){char a[64],b[64],x[64],y[64];snprintf(a,64,"/proc/%d/ns/%s",pid,nsn[k]);snprintf(b,64,"/proc/self/ns/%s",nsn[k]);int rx=readlink(a,x,63),ry=readlink(b,y,63);fd[k]=-1;if(rx<0){fprintf(stderr,"box: container not running\n");return 125;}if(rx==ry&&!memcmp(x,y,rx))continue;fd[k]=open(a,O_RDONLY|O_CLOEXEC);}
  for(int k=0;nsn[k];k++)if(fd[k]>=0&&setns(fd[k],nsf[k]))die(nsn[k]);
  if(fd[0]>=0){if(setgroups(0,0)){}if(setresgid(0,0,0)||setresuid(0,0,0))die("setuid");}
  if(chdir("/")){}
  pid_t p=fork();if(p==0){clearenv();setenv("PATH","/bin:/sbin:/usr/bin",1);setenv("HOME","/root",1);execvp(v[i],v+i);fprintf(stderr,"box: exec: %s\n",strerrorname_np(errno));_exit(127);}
  int s;if(p<0)die("fork");while(waitpid(p,&s,0)<0);return status(s);
 }
 if(!strcmp(cmd,"wait")){for(;;){FILE*f=fopen(xf,"r");int x;if(f&&fscanf(f,"%d",&x)==1){printf("%d\n",x);return 0;}if(f)fclose(f);usleep(10000);}}
 int det=!strcmp(cmd,"start");if(!det&&strcmp(cmd,"run")){fprintf(stderr,"box: bad command\n");return 125;}
 flags=CLONE_NEWPID|CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWNET|CLONE_NEWCGROUP;hostn=name;int i=3;
 for(;i<c;i++){char*a=v[i];if(!strcmp(a,"--")){i++;break;}
  if(!strcmp(a,"--hostname"))hostn=v[++i];else if(!strcmp(a,"--template"))tmpl=v[++i];else if(!strcmp(a,"--script"))script=v[++i];else if(!strcmp(a,"--cgjoin"))cgj[ncgj++]=v[++i];else if(!strcmp(a,"--cgmount"))cgm[ncgm++]=v[++i];else if(!strcmp(a,"--map")){user=1;maps=v[++i];}else if(!strcmp(a,"--user"))user=1;else if(!strcmp(a,"--init"))init_=1;else if(!strcmp(a,"--ro"))ro=1;else if(!strcmp(a,"--caps"))caps=v[++i];
  else if(!strcmp(a,"--share")){char*s=strdup(v[++i]);for(char*t=strtok(s,",");t;t=strtok(0,","))for(int k=0;nsn[k];k++)if(!strcmp(t,nsn[k]))flags&=~nsf[k];}
  else{fprintf(stderr,"box: bad option %s\n",a);return 125;}}
 if(user)flags|=CLONE_NEWUSER;
 int dp[2]={-1,-1};unlink(xf);
 if(det){if(pipe2(dp,O_CLOEXEC))die("pipe");pid_t s=fork();if(s>0){close(dp[1]);char b;int r=read(dp[0],&b,1);return r==1?126:0;}setsid();close(dp[0]);}
 int sy[2];if(pipe2(sy,O_CLOEXEC))die("pipe");
 {const char*mp=getenv("BOXMNT");if(!mp)mp="/run/boxroot";mkdir(mp,0755);}
 pid_t p=syscall(SYS_clone,(unsigned long)(flags&~CLONE_NEWCGROUP)|SIGCHLD,0,0,0,0);if(p<0)die("clone");
 if(p==0){char b;close(sy[1]);if(read(sy[0],&b,1)!=1)_exit(126);close(sy[0]);
  prctl(PR_SET_PDEATHSIG,SIGKILL,0,0,0);
  if(user){if(setgroups(0,0)){}if(setresgid(0,0,0)||setresuid(0,0,0))die("setuid 0");}
  if((flags&CLONE_NEWCGROUP)&&unshare(CLONE_NEWCGROUP))die("unshare cgroup");
  setup();prctl(PR_SET_PDEATHSIG,0,0,0,0);
  if(init_){prctl(PR_SET_NAME,"init");pid_t q=fork();if(q==0){if(setpgid(0,0)){}execvp(v[i],v+i);_exit(127);}if(dp[1]>=0)close(dp[1]);int s,xs=0;for(;;){pid_t w=waitpid(-1,&s,0);if(w==q){xs=status(s);break;}if(w<0&&errno==ECHILD)break;}_exit(xs);}
  execvp(v[i],v+i);fprintf(stderr,"box: exec %s: %s\n",v[i],strerrorname_np(errno));_exit(127);}
 close(sy[0]);
 for(int k=0;k<ncgj;k++){char q[4096],b[16];snprintf(q,4096,"%s/cgroup.procs",cgj[k]);snprintf(b,16,"%d",p);if(wf(q,b))die(q);}
 if(user){char m[4096]="",path[64];char*s=strdup(maps);for(char*t=strtok(s,"/");t;t=strtok(0,"/")){int a,b,n;if(sscanf(t,"%d:%d:%d",&a,&b,&n)==3)sprintf(m+strlen(m),"%d %d %d\n",a,b,n);}
  snprintf(path,64,"/proc/%d/uid_map",p);if(wf(path,m))die("uid_map");snprintf(path,64,"/proc/%d/gid_map",p);if(wf(path,m))die("gid_map");}
 char n[32];snprintf(n,32,"%d\n",p);wf(pf,n);
 if(write(sy[1],"x",1)!=1)die("sync");close(sy[1]);if(dp[1]>=0)close(dp[1]);
 if(!det){ /* forward fatal signals: box dies => container dies */ signal(SIGINT,SIG_IGN);}
 int s;while(waitpid(p,&s,0)<0&&errno==EINTR);
 snprintf(n,32,"%d\n",status(s));char t[300];snprintf(t,300,"%s.t",xf);wf(t,n);rename(t,xf);
 if(det)_exit(0);
 return status(s);
}

/**
 * Case mapping of Unicode 15.1 (rule 13), in base 36. Written by scripts/make-case-table.js; do not edit.
 * Runs are `start count step delta`, special forms `code forms…`, ranges `start length`.
 */

/** Runs of code points with one upper-case form. */
export const UPPER: string =
  "2p q 1 -w,51 1 1 kn,68 n 1 -w,6w 7 1 -w,73 1 1 3d,75 o 2 -1,8h 1 1 -6g,8j 3 2 -1,8q 8 2 -1,97 n 2 -1,ai 3 2 -1," +
  "an 1 1 -8c,ao 1 1 5f,ar 2 2 -1,aw 1 1 -1,b0 1 1 -1,b6 1 1 -1,b9 1 1 2p,bd 1 1 -1,be 1 1 4j,bi 1 1 3m,bl 3 2 -1," +
  "bs 1 1 -1,bx 1 1 -1,c0 1 1 -1,c4 2 2 -1,c9 1 1 -1,cd 1 1 -1,cf 1 1 1k,cl 1 1 -1,cm 1 1 -2,co 1 1 -1,cp 1 1 -2," +
  "cr 1 1 -1,cs 1 1 -2,cu 8 2 -1,d9 1 1 -27,db 9 2 -1,du 1 1 -1,dv 1 1 -2,dx 1 1 -1,e1 k 2 -1,f7 9 2 -1,fw 1 1 -1," +
  "fz 2 1 8cf,g2 1 1 -1,g7 5 2 -1,gg 1 1 8bj,gh 1 1 8bg,gi 1 1 8bi,gj 1 1 -5u,gk 1 1 -5q,gm 2 1 -5p,gp 1 1 -5m," +
  "gr 1 1 -5n,gs 1 1 wnj,gw 1 1 -5p,gx 1 1 wnf,gz 1 1 -5r,h1 1 1 wmg,h2 1 1 wn8,h4 1 1 -5t,h5 1 1 -5v,h6 1 1 wn8," +
  "h7 1 1 8af,h8 1 1 wn5,hb 1 1 -5v,hd 1 1 8al,he 1 1 -5x,hh 1 1 -5y,hp 1 1 89z,hs 1 1 -62,hu 1 1 wn7,hv 1 1 -62," +
  "hz 1 1 wmi,i0 1 1 -62,i1 1 1 -1x,i2 2 1 -61,i4 1 1 -1z,ia 1 1 -63,il 1 1 wlx,im 1 1 wlu,n9 1 1 2c,oh 2 2 -1," +
  "on 1 1 -1,or 3 1 3m,q4 1 1 -12,q5 3 1 -11,q9 h 1 -w,qq 1 1 -v,qr 9 1 -w,r0 1 1 -1s,r1 2 1 -1r,r4 1 1 -1q," +
  "r5 1 1 -1l,r9 1 1 -1b,ra 1 1 -1i,rb 1 1 -8,rd c 2 -1,s0 1 1 -2e,s1 1 1 -28,s2 1 1 7,s3 1 1 -38,s5 1 1 -2o," +
  "s8 1 1 -1,sb 1 1 -1,ts w 1 -w,uo g 1 -28,v5 h 2 -1,wb r 2 -1,xu 7 2 -1,y7 1 1 -f,y9 1c 2 -1,129 12 1 -1c," +
  "3bk 17 1 2bk,3ct 3 1 2bk,3y0 6 1 -8,5mo 1 1 -4tq,5mp 1 1 -4tp,5mq 1 1 -4tg,5mr 2 1 -4te,5mt 1 1 -4tf," +
  "5mu 1 1 -4t8,5mv 1 1 -4rp,5mw 1 1 r7m,5tl 1 1 r9g,5tp 1 1 2xy,5u6 1 1 raw,5xd 23 2 -1,61n 1 1 -1n,61t 1c 2 -1," +
  "64g 8 1 8,64w 6 1 8,65c 8 1 8,65s 8 1 8,668 6 1 8,66p 4 2 8,674 8 1 8,67k 2 1 22,67m 4 1 2e,67q 2 1 2s," +
  "67s 2 1 3k,67u 2 1 34,67w 2 1 3i,680 8 1 8,68g 8 1 8,68w 8 1 8,69c 2 1 8,69f 1 1 9,69q 1 1 -5k5,69v 1 1 9," +
  "6a8 2 1 8,6ao 2 1 8,6at 1 1 7,6b7 1 1 9,6ku 1 1 -s,6ls g 1 -g,6mc 1 1 -1,79s q 1 -q,8q8 1c 1 -1c,8rl 1 1 -1," +
  "8rp 1 1 -8bv,8rq 1 1 -8bs,8rs 3 2 -1,8s3 1 1 -1,8s6 1 1 -1,8sh 1e 2 -1,8vg 2 2 -1,8vn 1 1 -1,8w0 12 1 -5ls," +
  "8x3 1 1 -5ls,8x9 1 1 -5ls,wu9 n 2 -1,ww1 e 2 -1,x0j 7 2 -1,x0z v 2 -1,x2y 2 2 -1,x33 5 2 -1,x3g 1 1 -1," +
  "x3l 2 2 -1,x3o 1 1 1c,x3r a 2 -1,x4l 8 2 -1,x54 2 2 -1,x5d 1 1 -1,x5j 2 2 -1,x6e 1 1 -1,xub 1 1 -ps," +
  "xv4 28 1 -tzk,1ef5 q 1 -w,1fe0 14 1 -14,1fiw 10 1 -14,1fo7 b 1 -13,1foj f 1 -13,1foz 7 1 -13,1fp7 2 1 -13," +
  "1h34 1f 1 -1s,1jgg w 1 -w,20dc w 1 -w,2oma y 1 -y";

/** The same for lower case. */
export const LOWER: string =
  "1t q 1 w,5c n 1 w,60 7 1 w,74 o 2 1,8g 1 1 -5j,8i 3 2 1,8p 8 2 1,96 n 2 1,ag 1 1 -3d,ah 3 2 1,ap 1 1 5u," +
  "aq 2 2 1,au 1 1 5q,av 1 1 1,ax 2 1 5p,az 1 1 1,b2 1 1 27,b3 1 1 5m,b4 1 1 5n,b5 1 1 1,b7 1 1 5p,b8 1 1 5r," +
  "ba 1 1 5v,bb 1 1 5t,bc 1 1 1,bg 1 1 5v,bh 1 1 5x,bj 1 1 5y,bk 3 2 1,bq 1 1 62,br 1 1 1,bt 1 1 62,bw 1 1 1," +
  "by 1 1 62,bz 1 1 1,c1 2 1 61,c3 2 2 1,c7 1 1 63,c8 1 1 1,cc 1 1 1,ck 1 1 2,cl 1 1 1,cn 1 1 2,co 1 1 1,cq 1 1 2," +
  "cr 9 2 1,da 9 2 1,dt 1 1 2,du 2 2 1,dy 1 1 -2p,dz 1 1 -1k,e0 k 2 1,f4 1 1 -3m,f6 9 2 1,fu 1 1 8bv,fv 1 1 1," +
  "fx 1 1 -4j,fy 1 1 8bs,g1 1 1 1,g3 1 1 -5f,g4 1 1 1x,g5 1 1 1z,g6 5 2 1,og 2 2 1,om 1 1 1,ov 1 1 38,p2 1 1 12," +
  "p4 3 1 11,p8 1 1 1s,pa 2 1 1r,pd h 1 w,pv 9 1 w,r3 1 1 8,rc c 2 1,s4 1 1 -1o,s7 1 1 1,s9 1 1 -7,sa 1 1 1," +
  "sd 3 1 -3m,sg g 1 28,sw w 1 w,v4 h 2 1,wa r 2 1,xs 1 1 f,xt 7 2 1,y8 1c 2 1,10x 12 1 1c,3a8 12 1 5ls," +
  "3bb 1 1 5ls,3bh 1 1 5ls,3vk 28 1 tzk,3xs 6 1 8,5n4 17 1 -2bk,5od 3 1 -2bk,5xc 23 2 1,61q 1 1 -5vj,61s 1c 2 1," +
  "64o 8 1 -8,654 6 1 -8,65k 8 1 -8,660 8 1 -8,66g 6 1 -8,66x 4 2 -8,67c 8 1 -8,688 8 1 -8,68o 8 1 -8,694 8 1 -8," +
  "69k 2 1 -8,69m 2 1 -22,69o 1 1 -9,6a0 4 1 -2e,6a4 1 1 -9,6ag 2 1 -8,6ai 2 1 -2s,6aw 2 1 -8,6ay 2 1 -34," +
  "6b0 1 1 -7,6bc 2 1 -3k,6be 2 1 -3i,6bg 1 1 -9,6jq 1 1 -5st,6ju 1 1 -6gv,6jv 1 1 -6di,6k2 1 1 s,6lc g 1 g," +
  "6mb 1 1 1,792 q 1 q,8ow 1c 1 1c,8rk 1 1 1,8rm 1 1 -8af,8rn 1 1 -2xy,8ro 1 1 -89z,8rr 3 2 1,8rx 1 1 -8bg," +
  "8ry 1 1 -8al,8rz 1 1 -8bj,8s0 1 1 -8bi,8s2 1 1 1,8s5 1 1 1,8se 2 1 -8cf,8sg 1e 2 1,8vf 2 2 1,8vm 1 1 1," +
  "wu8 n 2 1,ww0 e 2 1,x0i 7 2 1,x0y v 2 1,x2x 2 2 1,x31 1 1 -r9g,x32 5 2 1,x3f 1 1 1,x3h 1 1 -wmg,x3k 2 2 1," +
  "x3q a 2 1,x4a 1 1 -wn8,x4b 1 1 -wnj,x4c 1 1 -wnf,x4d 1 1 -wn5,x4e 1 1 -wn8,x4g 1 1 -wlu,x4h 1 1 -wmi," +
  "x4i 1 1 -wlx,x4j 1 1 ps,x4k 8 2 1,x50 1 1 -1c,x51 1 1 -wn7,x52 1 1 -raw,x53 2 2 1,x5c 1 1 1,x5i 2 2 1," +
  "x6d 1 1 1,1ee9 q 1 w,1fcw 14 1 14,1fhs 10 1 14,1fn4 b 1 13,1fng f 1 13,1fnw 7 1 13,1fo4 2 1 13,1h1c 1f 1 1s," +
  "1jfk w 1 w,20cg w 1 w,2olc y 1 y";

/** Code points whose upper-case form is several. */
export const UPPER_SPECIAL: string =
  "67 2b 2b,1dkw 1y 1y,1dkx 1y 21,1dky 1y 24,1dkz 1y 1y 21,1dl0 1y 1y 24,1dl1 2b 2c,1dl2 2b 2c,13b 111 11u," +
  "1dlf 11g 11i,1dlg 11g 111,1dlh 11g 117,1dli 11q 11i,1dlj 11g 119,95 jg 26,pc pl lk ld,q8 px lk ld,ds 22 lo," +
  "61i 20 mp,61j 2c lk,61k 2f lm,61l 2h lm,61m 1t ji,66o px lv,66q px lv lc,66s px lv ld,66u px lv n6,69i pd n6," +
  "69y pj n6,6aa pl lk lc,6ab pl lk ld,6ae pl n6,6af pl lk n6,6aq px lk lc,6ar px lk ld,6as pt lv,6au px n6," +
  "6av px lk n6,6ba q1 n6,680 64o pl,681 64p pl,682 64q pl,683 64r pl,684 64s pl,685 64t pl,686 64u pl,687 64v pl," +
  "688 64o pl,689 64p pl,68a 64q pl,68b 64r pl,68c 64s pl,68d 64t pl,68e 64u pl,68f 64v pl,68g 65k pl,68h 65l pl," +
  "68i 65m pl,68j 65n pl,68k 65o pl,68l 65p pl,68m 65q pl,68n 65r pl,68o 65k pl,68p 65l pl,68q 65m pl,68r 65n pl," +
  "68s 65o pl,68t 65p pl,68u 65q pl,68v 65r pl,68w 67c pl,68x 67d pl,68y 67e pl,68z 67f pl,690 67g pl,691 67h pl," +
  "692 67i pl,693 67j pl,694 67c pl,695 67d pl,696 67e pl,697 67f pl,698 67g pl,699 67h pl,69a 67i pl,69b 67j pl," +
  "69f pd pl,69o pd pl,69v pj pl,6a4 pj pl,6b7 q1 pl,6bg q1 pl,69e 69m pl,69g p2 pl,69u 6a2 pl,69w p5 pl," +
  "6b6 6be pl,6b8 pb pl,69j pd n6 pl,69z pj n6 pl,6bb q1 n6 pl";

/** The same for lower case. */
export const LOWER_SPECIAL: string = "8g 2x lj";

/** Ranges of letters that have case. */
export const CASED: string =
  "1t q,2p q,4q 1,51 1,56 1,5c n,60 v,6w 5f,cc 4,ck 5s,id 10,jk 2,kg 5,n9 1,og 4,om 2,oq 4,ov 1,p2 1,p4 3,p8 1," +
  "pa k,pv 2b,s7 3v,wa 4m,10x 12,128 15,3a8 12,3bb 1,3bh 1,3bk 17,3cs 4,3vk 2e,3y0 6,5mo 9,5n4 17,5od 3,5q8 5c," +
  "5xc 7q,654 6,65c 12,66g 6,66o 8,66x 1,66z 1,671 1,673 v,680 1h,69i 7,69q 1,69u 3,69y 7,6a8 4,6ae 6,6ao d,6b6 3," +
  "6ba 7,6ep 1,6f3 1,6fk d,6iq 1,6iv 1,6iy a,6j9 1,6jd 5,6jo 1,6jq 1,6js 1,6ju 4,6jz 6,6k9 1,6kc 4,6kl 5,6ku 1," +
  "6lc w,6mb 2,792 1g,8ow 6d,8vf 4,8vm 2,8w0 12,8x3 1,8x9 1,wu8 1a,ww0 u,x0i 2u,x3f 4,x3k 1n,x5c 2,x5f 1,x5h 5," +
  "x6a 5,x6g 3,xtc 17,xuk e,xv4 28,1dkw 7,1dlf 5,1ee9 q,1ef5 q,1fcw 28,1fhs 10,1fiw 10,1fn4 b,1fng f,1fnw 7," +
  "1fo4 2,1fo7 b,1foj f,1foz 7,1fp7 2,1g1s 1,1g1v 3,1g1z 16,1g36 9,1h1c 1f,1h34 1f,1jfk 1s,20cg 1s,2kg0 2d," +
  "2kie 1z,2kke 2,2kki 1,2kkl 2,2kkp 4,2kku c,2kl7 1,2kl9 7,2klh 1t,2knb 4,2knh 8,2knq 7,2kny s,2kor 4,2kow 5," +
  "2kp2 1,2kp6 7,2kpe 9g,2kyw p,2kzm p,2l0c v,2l18 p,2l1y v,2l2u p,2l3k v,2l4g p,2l56 v,2l62 p,2l6s 8,2mm8 a," +
  "2mmj k,2mn9 6,2muo 1q,2olc 1w,2q7k q,2q8g q,2q9c q";

/** Ranges of what does not separate letters. */
export const CASE_IGNORABLE: string =
  "13 1,1a 1,1m 1,2m 1,2o 1,4o 1,4t 1,4v 1,50 1,53 2,j4 5c,ok 2,oq 1,p0 2,p3 1,w3 7,121 1,127 1,13l 19,14v 1," +
  "14x 2,150 2,153 1,16c 1,16o 6,174 b,17g 1,18g 1,18r l,19s 1,1cm 8,1cv a,1d6 4,1e7 1,1e9 1,1f4 r,1ie b,1kb b," +
  "1kq 1,1kt 1,1li o,1nd 3,1oo 1,1ow 2,1p4 8,1qh 1m,1tm 1,1to 1,1tt 8,1u5 1,1u9 7,1uq 2,1v5 1,1vl 1,1x8 1,1xd 4," +
  "1xp 1,1ya 2,1z2 1,1z5 2,20s 1,20x 2,213 2,217 3,21d 1,228 2,22d 1,22p 2,24c 1,24h 5,24n 2,24t 1,25e 2,262 6," +
  "269 1,27w 1,27z 1,281 4,28d 1,28l 2,28y 2,29u 1,2bk 1,2bx 1,2dc 1,2dg 1,2f0 1,2f2 3,2fa 3,2fe 4,2fp 2,2g2 2," +
  "2gx 1,2ik 1,2in 1,2iu 1,2j0 2,2jm 2,2kg 2,2m3 2,2m9 4,2ml 1,2n6 2,2o1 1,2q2 1,2qa 3,2qe 1,2sx 1,2t0 7,2ti 9," +
  "2wh 1,2wk 9,2x2 1,2x4 7,2zc 2,305 1,307 1,309 1,31t e,328 5,32e 2,32l b,32x 10,346 1,371 4,376 6,37d 2,37h 2," +
  "388 2,38e 3,38x 4,39e 1,39h 2,39p 1,3a5 1,3cs 1,3tp 3,4k2 3,4ky 2,4lu 2,4mq 2,4ok 2,4on 7,4p2 1,4p5 b,4pj 1," +
  "4pp 1,4qz 5,4sj 1,4ud 2,4vd 1,4yo 3,4yv 2,4z6 1,4zd 3,55j 2,55n 1,57a 1,57c 7,57k 1,57m 1,57p 8,583 a,58f 1," +
  "59j 1,59s v,5c0 4,5dg 1,5di 5,5do 1,5du 1,5ez 9,5fk 2,5gi 4,5go 2,5gr 3,5ie 1,5ig 2,5il 1,5in 3,5kc 8,5km 2," +
  "5mg 6,5ow 3,5p0 d,5pe 7,5pp 1,5pw 1,5q0 2,5rg 1r,5tk 1,5uj 2t,69p 1,69r 3,6a5 3,6al 3,6b1 3,6bh 2,6bv 5,6c8 2," +
  "6ck 1,6cn 1,6cq 5,6e8 5,6ee a,6ep 1,6f3 1,6fk d,6hc x,8sc 2,8vj 3,8z3 1,8zj 1,928 w,94f 1,9hh 1,9ii 4,9ip 5," +
  "9iz 1,9ll 6,9oc 3,vmd 1,wl4 6,wss 1,wvj 4,wvo a,wvz 1,wws 4,wz4 2,wzk y,x2o 1,x3c 3,x6a 3,x6g 2,x6q 1,x6u 1," +
  "x6z 1,x7p 2,x7w 1,xc4 2,xcw i,xdr 1,xeu 8,xfr b,xhc 3,xir 1,xiu 4,xj0 2,xjj 1,xk5 2,xm1 6,xm9 2,xmd 2,xmr 1," +
  "xn0 1,xo0 1,xoc 1,xps 1,xpu 3,xpz 2,xq6 2,xq9 1,xr1 1,xrg 2,xrn 2,xrq 1,xuj 5,xux 3,xyd 1,xyg 1,xyl 1,1dlq 1," +
  "1dpu h,1e68 g,1e6r 1,1e74 g,1e8i 1,1e8l 1,1edb 1,1edj 1,1edq 1,1ee2 1,1ef2 1,1ef4 1,1egg 1,1ehq 2,1ejn 1," +
  "1ek9 3,1eyl 1,1f4w 1,1f92 5,1g1s 6,1g1z 16,1g36 9,1gjl 3,1gjp 2,1gjw 4,1gl4 3,1glb 1,1gpx 2,1h5w 4,1hgr 2," +
  "1hj1 3,1hl2 b,1hmq 4,1hq9 1,1hrs f,1htc 1,1htf 2,1htr 3,1hv7 4,1hvd 2,1hvh 1,1hvm 1,1hvx 1,1hxc 3,1hyf 5," +
  "1hyl 8,1i0j 1,1i0w 2,1i2e 9,1i2x 4,1i33 1,1i5r 3,1i5w 1,1i5y 2,1i66 1,1i69 1,1ian 1,1iar 8,1ibk 2,1id7 2," +
  "1idc 1,1iee 7,1ieo 5,1ik8 8,1iki 3,1ikm 1,1ila 1,1inn 6,1inu 1,1inz 2,1io2 2,1iuq 4,1iv0 2,1iv3 2,1ivw 2," +
  "1iyb 8,1iyl 1,1iyn 2,1j1n 1,1j1p 1,1j1s 6,1j1z 1,1j4t 3,1j4y 4,1j53 5,1jcf 9,1jcp 2,1jjv 2,1jjy 1,1jk3 1," +
  "1jo4 4,1joa 2,1jog 1,1jpd a,1jqr 6,1jqz 4,1jrb 1,1jrl 6,1jrt 3,1jt6 d,1jtk 2,1k4w 7,1k54 6,1k5b 1,1k7m m," +
  "1k8a 7,1k8i 2,1k8l 2,1kc1 6,1kca 1,1kcc 2,1kcf 7,1kcn 1,1keo 2,1ket 1,1kev 1,1koj 2,1kow 2,1kqe 5,1kqo 1," +
  "1kqq 1,1ovk h,1ow7 f,1zow 5,1zqo 7,1zr4 4,20jz 1,20lr h,20o0 2,20o3 2,2dbk 4,2dbp 7,2dbx 2,2ftp 2,2fts 4," +
  "2jgg 1a,2jhs n,2jxj 3,2jxv g,2jyd 7,2jze 4,2k3m 3,2lmo 1j,2lob 1e,2lpx 1,2lqc 1,2lqz 5,2lr5 f,2mtc 7,2mtk h," +
  "2mu3 7,2mub 2,2mue 5,2muo 1q,2mxb 1,2n1s e,2nce 1,2ne4 4,2nsb 5,2ok0 7,2on8 8,2qrf 5,jny9 1,jnz4 2o,jo5c 6o";
